using System.Collections.Concurrent;
using Notifier.Core.Events;
using Notifier.Core.Log;
using Notifier.Core.Log.Redis;
using Notifier.Core.Settings;
using Notifier.Core.Topics;

namespace Notifier.Core.Presence;

/// <summary>
/// Who is in the rooms. Each instance is the truth about its own streams and keeps a view of what the others hold; the store is where they show it to each
/// other. Where the store is away, the view stays as it is and what changed here is written later.
/// </summary>
public sealed class Rooms : IAsyncDisposable
{
    /// <summary>Shortest time between two tellings in one room.</summary>
    internal static readonly TimeSpan TellInterval = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan TickInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(10);
    private const int ChecksAtOnce = 100;

    private readonly IPresenceStore _store;
    private readonly RoomSync _sync;
    private readonly ConcurrentDictionary<TopicName, RoomPresence> _rooms = new();
    private readonly ConcurrentDictionary<RoomPresence, byte> _active = new();
    private readonly ITimer _clock;
    private readonly ITimer _check;

    internal Rooms(IPresenceStore store, Subscriptions subscriptions, Typing typing, PresenceOptions options, TimeProvider time)
    {
        _store = store;
        Subscriptions = subscriptions;
        Typing = typing;
        Options = options;
        Time = time;
        _sync = new(store, time);
        subscriptions.TakesSignal = Take;
        store.Start(this);
        _clock = time.CreateTimer(static rooms => ((Rooms)rooms!).Tick(), this, TickInterval, TickInterval);
        _check = time.CreateTimer(static rooms => _ = ((Rooms)rooms!).CheckAsync(), this, CheckInterval, CheckInterval);
    }

    /// <summary>The rooms of a service of one instance.</summary>
    public static Rooms Alone(Subscriptions subscriptions, Typing typing, PresenceOptions options, TimeProvider time) =>
        new(new LonePresence(), subscriptions, typing, options, time);

    /// <summary>The rooms of a service whose instances share a Redis.</summary>
    public static Rooms Shared(RedisEventLog log, Subscriptions subscriptions, Typing typing, PresenceOptions options, TimeProvider time) =>
        new(new RedisPresence(log, options, time), subscriptions, typing, options, time);

    /// <summary>Called with a room whose members, or their connections, have changed as far as this instance knows. Must not block.</summary>
    public Action<TopicName>? OnChanged { get; set; }

    internal Subscriptions Subscriptions { get; }

    internal Typing Typing { get; }

    internal PresenceOptions Options { get; }

    internal TimeProvider Time { get; }

    internal bool IsShared => _store.IsShared;

    /// <summary>Members of the rooms that somebody watches here, whichever instance holds them; who is in two rooms counts twice.</summary>
    public long MembersSeen => _rooms.Values.Sum(static room => (long)room.Count);

    /// <summary>Rooms that are held in memory.</summary>
    internal int Held => _rooms.Count;

    /// <summary>Watches those of the topics that are rooms. Their subscription is open already, or what changes meanwhile would be missed.</summary>
    /// <exception cref="LogUnavailableException">The store cannot be reached; nothing is held, and it may be tried again.</exception>
    public async ValueTask<Attendance> WatchAsync(IEnumerable<TopicName> topics, CancellationToken cancellationToken)
    {
        var attendance = new Attendance(this, [.. topics.Where(topic => topic.Kind == TopicKind.Room).Select(Watch)]);
        try
        {
            await attendance.LoadAsync(cancellationToken);
            return attendance;
        }
        catch
        {
            attendance.Dispose();
            throw;
        }
    }

    /// <summary>Who is in a room, by id, across all instances.</summary>
    /// <exception cref="LogUnavailableException">The store cannot be reached.</exception>
    public async ValueTask<IReadOnlyList<Holding>> ReadAsync(TopicName room, CancellationToken cancellationToken)
    {
        _rooms.TryGetValue(room, out var known);
        var held = known is null ? [] : known.List();
        if (IsShared && known?.IsCurrent is not true)
        {
            // A room that nobody watches here: whom this instance still holds, it has written, or is about to.
            var members = new RoomMembers(1);
            foreach (var (instance, holding) in (await _store.ReadAsync(room, cancellationToken)).Others) members.Set(instance, holding.User.Id, holding);
            foreach (var holding in known?.ListOwn() ?? []) members.Set(RoomMembers.Here, holding.User.Id, holding);
            held = [.. members.All];
        }

        held.Sort((left, right) => string.CompareOrdinal(left.User.Id, right.User.Id));
        return held;
    }

    /// <summary>The rooms that have members, on any instance, and how many.</summary>
    /// <exception cref="LogUnavailableException">The store cannot be reached.</exception>
    public async ValueTask<IReadOnlyDictionary<string, int>> ReadCountsAsync(CancellationToken cancellationToken)
    {
        var counts = new Dictionary<string, int>(await _store.ReadCountsAsync(cancellationToken), StringComparer.Ordinal);
        foreach (var (topic, room) in _rooms)
        {
            if (room.IsCurrent || !counts.ContainsKey(topic.Subject)) counts[topic.Subject] = room.Count;
        }

        return counts;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _clock.DisposeAsync();
        await _check.DisposeAsync();
        await _store.DisposeAsync();
    }

    internal bool IsOwn(string instance) => _store.IsOwn(instance);

    internal void Changed(TopicName room) => OnChanged?.Invoke(room);

    internal void Activate(RoomPresence room) => _active.TryAdd(room, 0);

    internal Task WriteAsync(RoomPresence room) => _sync.WriteAsync(room);

    internal Task LoadAsync(RoomPresence room, CancellationToken cancellationToken) => _sync.LoadAsync(room, cancellationToken);

    internal void Drop(IReadOnlySet<string> instances)
    {
        foreach (var room in _rooms.Values) room.Drop(instances);
    }

    internal void WriteAgain()
    {
        foreach (var room in _rooms.Values) room.WriteAgain();
    }

    /// <summary>Compares the versions of the rooms that are watched with what was heard: a lost bell costs seconds, and nobody's membership.</summary>
    internal async Task CheckAsync()
    {
        if (!IsShared) return;
        foreach (var some in _rooms.Values.Where(room => room.IsCurrent).Chunk(ChecksAtOnce)) await Task.WhenAll(some.Select(_sync.CheckAsync));
    }

    private RoomPresence Watch(TopicName topic)
    {
        while (true)
        {
            var room = _rooms.GetOrAdd(topic, static (name, rooms) => new(rooms, name), this);
            if (room.TryWatch()) return room;
            _rooms.TryRemove(KeyValuePair.Create(topic, room));
        }
    }

    private void Tick()
    {
        var now = Time.GetTimestamp();
        foreach (var (room, _) in _active)
        {
            // Taken out first: what changes during the look puts it in again.
            _active.TryRemove(room, out _);
            if (room.Tick(now)) Activate(room);
            if (IsShared) _sync.Work(room, now);
            if (room.TryRemove()) _rooms.TryRemove(KeyValuePair.Create(room.Topic, room));
        }

        if (IsShared) _sync.WriteCounts();
    }

    private bool Take(TopicName topic, EphemeralEvent signal)
    {
        switch (signal.Type)
        {
            case EventType.Typing:
                Typing.Hear(topic, signal);
                return true;
            case EventType.Presence when _store.Read(signal) is { } bell:
                if (_rooms.TryGetValue(topic, out var room)) room.Hear(bell);
                return true;
            default:
                return false;
        }
    }
}
