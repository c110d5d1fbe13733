using System.Net;
using Notifier.Core.Events;
using Notifier.Core.Topics;
using Notifier.Tests.Support;

namespace Notifier.Tests.Faults;

/// <summary>
/// A client as a browser's event source is one: whenever its stream ends, for whatever reason, it comes back after a moment with the last id that it
/// has, through whichever instance runs. It notes all that it is shown.
/// </summary>
internal sealed class FollowingClient(Fleet fleet, string name, IReadOnlyList<string> rooms, int seed = 1) : IAsyncDisposable
{
    private readonly Random _random = new(seed);
    private readonly Lock _gate = new();
    private readonly Dictionary<string, List<Sighting>> _sightings = rooms.ToDictionary(room => $"room:{room}", _ => new List<Sighting>());
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task? _loop;
    private string? _lastId;
    private SseStreamReader? _stream;

    public string Name => name;

    public bool Follows(string room) => rooms.Contains(room);

    /// <summary>Streams that it was let into.</summary>
    public int Opened { get; private set; }

    /// <summary>Follows one instance alone; null: any.</summary>
    public int? Instance { get; init; }

    /// <summary>Events after which it cuts its own stream; null: it never does.</summary>
    public int? CutsAfter { get; init; }

    /// <summary>The id that it comes with the first time; null: it starts with what happens next.</summary>
    public string? LastId
    {
        get => _lastId;
        init => _lastId = value;
    }

    /// <summary>Done once its first stream has said where it starts.</summary>
    public Task Started => _started.Task.WaitAsync(TimeSpan.FromSeconds(30));

    public IReadOnlyList<Sighting> Sightings(string room)
    {
        lock (_gate) return [.. _sightings[$"room:{room}"]];
    }

    public IReadOnlyList<Sighting.Gap> Gaps => [.. rooms.SelectMany(Sightings).OfType<Sighting.Gap>()];

    public FollowingClient Start()
    {
        _loop = Task.Run(FollowAsync);
        return this;
    }

    /// <summary>Waits until it stands at the position, or past it.</summary>
    public Task ReachesAsync(string room, LogPosition position) => Until.TrueAsync(
        $"{name} reaches {position} in {room}; it saw {string.Join(", ", Sightings(room).TakeLast(3))}",
        () => _loop is { IsFaulted: true } ? throw _loop.Exception! : Sightings(room) is [.., var last] && last.Position >= position);

    /// <summary>Waits until it was told of a gap in the room.</summary>
    public Task IsToldOfGapAsync(string room) => Until.TrueAsync($"{name} is told of a gap in {room}", () => Sightings(room).Any(s => s is Sighting.Gap));

    /// <summary>Cuts its stream and stays away until it is started again.</summary>
    public async Task PauseAsync()
    {
        await _stop.CancelAsync();
        lock (_gate) _stream?.Dispose();
        await _loop!;
    }

    /// <summary>A client that goes on where this one stopped, through one instance or through any.</summary>
    public FollowingClient Continue(int? instance = null)
    {
        var next = new FollowingClient(fleet, name, rooms, seed + 1000) { LastId = _lastId, Instance = instance, CutsAfter = CutsAfter };
        foreach (var (topic, sightings) in _sightings) next._sightings[topic].AddRange(sightings);
        return next.Start();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        lock (_gate) _stream?.Dispose();
        if (_loop is not null) await Task.WhenAny(_loop);
        _stop.Dispose();
    }

    private async Task FollowAsync()
    {
        var path = rooms.Count == 1
            ? $"/api/rooms/{rooms[0]}/events?as={name}"
            : $"/api/events?as={name}&{string.Join('&', rooms.Select(room => $"topic=room:{room}"))}";
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await ReadAsync(path);
            }
            catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException or ObjectDisposedException)
            {
                // Cut, refused, silent for longer than any heartbeat, or ended from here.
            }

            await Task.Delay(TimeSpan.FromMilliseconds(_random.Next(50, 200)), TimeProvider.System);
        }
    }

    private async Task ReadAsync(string path)
    {
        var address = Instance is { } index ? fleet.Address(index) : fleet.Any(_random);
        await using var stream = await SseStreamReader.OpenRawAsync(Fleet.NewClient(address), path, _lastId);
        stream.Response.StatusCode.ShouldBe(HttpStatusCode.OK);
        lock (_gate) _stream = stream;
        var untilCut = CutsAfter;
        while (!_stop.IsCancellationRequested && untilCut is not 0 && await stream.TryReadAsync() is { } block)
        {
            switch (block.Event)
            {
                case "welcome":
                    Opened++;
                    foreach (var topic in _sightings.Keys) Note(topic, new Sighting.Start(Position(topic, block.Id!)));
                    _lastId = block.Id;
                    _started.TrySetResult();
                    break;
                case "message":
                    LogPosition.TryParse(block.EventId, out var position).ShouldBeTrue();
                    var seenIn = block.Json.GetProperty("topic").GetString()!;
                    Position(seenIn, block.Id!).ShouldBe(position);
                    Note(seenIn, new Sighting.Event(position, block.Text!));
                    _lastId = block.Id;
                    untilCut--;
                    break;
                case "gap":
                    var gone = block.Json;
                    LogPosition.TryParse(gone.GetProperty("after").GetString(), out var after).ShouldBeTrue();
                    var gapIn = gone.GetProperty("topic").GetString()!;
                    Note(gapIn, new Sighting.Gap(after, Position(gapIn, block.Id!), gone.GetProperty("reason").GetString()!));
                    _lastId = block.Id;
                    break;
                default:
                    // A heartbeat, a busy, or a retry alone.
                    (block.Event is null or "busy" or "presence").ShouldBeTrue(block.Event);
                    break;
            }
        }
    }

    private void Note(string topic, Sighting sighting)
    {
        lock (_gate) _sightings[topic].Add(sighting);
    }

    private static LogPosition Position(string topic, string id)
    {
        if (LogPosition.TryParse(id, out var position)) return position;
        TopicName.TryParse(topic, out var name).ShouldBeTrue();
        Cursor.TryParse(id, out var cursor).ShouldBeTrue();
        cursor.TryGetPosition(name, out position).ShouldBeTrue();
        return position;
    }
}
