using Notifier.Tests.Support;

namespace Notifier.Tests.Transport;

public sealed class TransportChoiceTests
{
    [Theory]
    [InlineData("epoll")]
    [InlineData("sockets")]
    public async Task A_stream_and_its_events_are_carried_by_either_transport(string transport)
    {
        await using var host = NotifierHost.With(("Server:Transport", transport));
        var room = Fresh.Room();
        await using var stream = await host.OpenAsync($"/api/rooms/{room}/events");

        var ids = new List<string>();
        for (var i = 0; i < 300; i++) ids.Add(await host.Http.SayAsync(room, $"{i} {new string('x', 2000)}"));
        var live = await stream.ReadAsync(300);
        await using var again = await host.OpenAsync($"/api/rooms/{room}/events?since=all");

        live.Select(block => block.Id).ShouldBe(ids);
        (await again.ReadAsync(300)).Select(block => block.Id).ShouldBe(ids);
    }
}
