using Notifier.Tests.Support;

namespace Notifier.Tests.Transport;

public sealed class TransportChoiceTests
{
    [Theory]
    [InlineData("epoll", "true")]
    [InlineData("epoll", "false")]
    [InlineData("sockets", "true")]
    public async Task A_stream_and_its_events_are_carried_by_either_transport(string transport, string isDirect)
    {
        await using var host = NotifierHost.With(("Server:Transport", transport), ("Server:DirectStreams", isDirect));
        var room = Fresh.Room();
        await using var stream = await host.OpenAsync($"/api/rooms/{room}/events");

        var ids = new List<string>();
        for (var i = 0; i < 300; i++) ids.Add(await host.Http.SayAsync(room, $"{i} {new string('x', 2000)}"));
        var live = await stream.ReadAsync(300);
        await using var again = await host.OpenAsync($"/api/rooms/{room}/events?since=all");

        live.Select(block => block.Id).ShouldBe(ids);
        (await again.ReadAsync(300)).Select(block => block.Id).ShouldBe(ids);
    }

    [SkippableTheory]
    [InlineData("", true)]
    [InlineData("epoll", true)]
    [InlineData("sockets", false)]
    public async Task Connections_have_threads_of_their_own_on_epoll_which_is_the_default_on_linux(string transport, bool isEpoll)
    {
        Requirement.Met(OperatingSystem.IsLinux(), "epoll is Linux' own.");
        using var service = NotifierProcess.Start("Development", transport.Length > 0 ? [("Server__Transport", transport)] : null);
        using var http = new HttpClient { BaseAddress = await service.ListeningAsync() };
        using var answer = await http.GetAsync("/healthz");

        answer.EnsureSuccessStatusCode();
        service.ThreadNames.Contains("Connections 0").ShouldBe(isEpoll);
    }
}
