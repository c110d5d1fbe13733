using System.Globalization;
using Notifier.Core.Events;
using Notifier.Tests.Support;

namespace Notifier.Tests.Faults;

/// <summary>A steady publisher, clients that follow it, and at the end the check of what became of it all.</summary>
internal sealed class Drill : IAsyncDisposable
{
    private const int Rooms = 3;

    private readonly Fleet _fleet;
    private readonly List<FollowingClient> _clients = [];
    private readonly string[] _rooms = [.. Enumerable.Range(0, Rooms).Select(_ => Fresh.Room())];

    private Drill(Fleet fleet) => _fleet = fleet;

    public SteadyPublisher Publisher { get; private set; } = null!;

    public IReadOnlyList<FollowingClient> Clients => _clients;

    /// <summary>Starts clients and publisher: of each room two clients, one of which keeps cutting itself, and two of all rooms at once.</summary>
    public static async Task<Drill> StartAsync(Fleet fleet)
    {
        var drill = new Drill(fleet);
        var seed = 1;
        foreach (var room in drill._rooms)
        {
            drill._clients.Add(new(fleet, $"steady-{seed}", [room], seed++));
            drill._clients.Add(new(fleet, $"restless-{seed}", [room], seed++) { CutsAfter = 40 });
        }

        drill._clients.Add(new(fleet, $"steady-{seed}", drill._rooms, seed++));
        drill._clients.Add(new(fleet, $"restless-{seed}", drill._rooms, seed) { CutsAfter = 60 });
        await Task.WhenAll(drill._clients.Select(client => client.Start().Started));
        drill.Publisher = new SteadyPublisher(fleet, drill._rooms).Start();
        await drill.Publisher.AcknowledgedAsync(20);
        return drill;
    }

    /// <summary>Ends the publishing, waits until everybody has caught up, and checks.</summary>
    /// <param name="mayLose">The fault took stored events away: gaps are right, and the log need not hold everything.</param>
    public async Task CheckAsync(bool mayLose = false)
    {
        await Publisher.AcknowledgedAsync(20);
        await Publisher.FinishAsync();
        var wrong = new List<string>();
        foreach (var room in _rooms)
        {
            var sent = Publisher.Acknowledged.Where(a => a.Topic == $"room:{room}").ToArray();
            sent.Select(a => a.Position).ShouldBeInOrder(SortDirection.Ascending, "what is acknowledged later stands later");
            foreach (var client in _clients.Where(c => c.Follows(room)))
            {
                await client.ReachesAsync(room, sent[^1].Position);
                wrong.AddRange(DeliveryChecker.Check(client.Name, sent, client.Sightings(room)));
                if (!mayLose) wrong.AddRange(client.Sightings(room).OfType<Sighting.Gap>().Select(gap => $"{client.Name} was told of a gap where nothing is lost: {gap}"));
            }

            if (!mayLose) wrong.AddRange(DeliveryChecker.CheckLog(sent, await ReadLogAsync(room)));
        }

        wrong.ShouldBeEmpty(string.Create(CultureInfo.InvariantCulture, $"{Publisher.Acknowledged.Count} events were acknowledged, {Publisher.Refused} attempts refused"));
    }

    public async ValueTask DisposeAsync()
    {
        await Publisher.DisposeAsync();
        await Task.WhenAll(_clients.Select(client => client.DisposeAsync().AsTask()));
    }

    private async Task<List<Sighting.Event>> ReadLogAsync(string room)
    {
        using var client = Fleet.NewClient(_fleet.Any(new(0)));
        var stored = new List<Sighting.Event>();
        for (string? after = "0-0"; after is not null;)
        {
            using var answer = await client.GetAsync($"/api/rooms/{room}/messages?limit=1000&after={after}");
            var page = await answer.EnsureSuccessStatusCode().JsonAsync();
            foreach (var logged in page.GetProperty("events").EnumerateArray())
            {
                LogPosition.TryParse(logged.GetProperty("id").GetString(), out var position).ShouldBeTrue();
                stored.Add(new(position, logged.GetProperty("data").GetProperty("text").GetString()!));
            }

            after = page.GetProperty("after").GetString();
        }

        return stored;
    }
}
