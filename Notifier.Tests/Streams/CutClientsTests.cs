using System.Globalization;
using Notifier.Tests.Support;

namespace Notifier.Tests.Streams;

public sealed class CutClientsTests
{
    private const int Clients = 20;
    private const int Cuts = 20;
    private const int Events = 2000;

    [Fact]
    public async Task Clients_that_are_cut_again_and_again_lose_nothing_get_nothing_twice_and_nothing_out_of_order()
    {
        await using var host = NotifierHost.With(("Log:MaxEventsPerTopic", "10000"), ("Log:TailEvents", "64"));
        var topics = new[] { "one", "two", "three" };
        var paths = new[] { "/api/rooms/one/events", "/api/events?topic=room:one&topic=room:two&topic=room:three" };
        var started = new CountdownEvent(Clients);
        var clients = Enumerable.Range(0, Clients).Select(i => Task.Run(() => FollowAsync(host, paths[i % 2], topics.Take(i % 2 == 0 ? 1 : 3), i, started))).ToArray();
        await Task.Run(started.Wait);

        await Task.WhenAll(topics.Select(room => Task.Run(async () =>
        {
            using var client = host.NewClient();
            for (var n = 0; n < Events; n++) await client.SayAsync(room, n.ToString(CultureInfo.InvariantCulture));
        })));

        foreach (var (seen, cuts) in await Task.WhenAll(clients).WaitAsync(TimeSpan.FromSeconds(90)))
        {
            cuts.ShouldBe(Cuts);
            foreach (var numbers in seen.Values) numbers.ShouldBe(Enumerable.Range(0, Events));
        }
    }

    private static async Task<(Dictionary<string, List<int>> Seen, int Cuts)> FollowAsync(
        NotifierHost host, string path, IEnumerable<string> rooms, int seed, CountdownEvent started)
    {
        var random = new Random(seed);
        var seen = rooms.ToDictionary(room => $"room:{room}", _ => new List<int>());
        var all = seen.Count * Events;
        var cutsAt = new Queue<int>(Enumerable.Range(1, all - 1).OrderBy(_ => random.Next()).Take(Cuts).Order());
        var (read, cuts) = (0, 0);
        string? last = null;
        while (read < all)
        {
            await using var stream = await host.OpenAsync($"{path}{(path.Contains('?') ? '&' : '?')}as=client-{seed}", last);
            if (last is null) started.Signal();
            else stream.Welcome.Json.GetProperty("resumed").GetBoolean().ShouldBeTrue();
            last = stream.LastEventId;
            while (read < all && (!cutsAt.TryPeek(out var cutAt) || read < cutAt))
            {
                var block = await stream.ReadAsync();
                if (block.Event == "presence") continue;
                block.Event.ShouldBe("message");
                seen[block.Json.GetProperty("topic").GetString()!].Add(int.Parse(block.Text!));
                last = block.Id;
                read++;
            }

            // What is on its way when the reader is disposed is lost to this connection, as in a real cut.
            if (cutsAt.TryDequeue(out _)) cuts++;
        }

        return (seen, cuts);
    }
}
