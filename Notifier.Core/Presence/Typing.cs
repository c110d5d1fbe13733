using System.Text.Json;
using Notifier.Core.Events;
using Notifier.Core.Log;
using Notifier.Core.Topics;

namespace Notifier.Core.Presence;

/// <summary>
/// Who types in the rooms that are followed here. Each instance that hears of it lets it fall back by its own clock, so that a sender which dies types
/// for a few seconds and not for ever.
/// </summary>
/// <remarks>One lock guards all fields, and is held while subscribers are told, so that they are told in order. One timer serves everybody.</remarks>
public sealed class Typing : IDisposable
{
    private readonly IEventLog _log;
    private readonly Subscriptions _subscriptions;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private readonly Lock _gate = new();
    private readonly Dictionary<(TopicName Room, string User), Typist> _typists = [];
    private readonly PriorityQueue<Typist, long> _ends = new();

    public Typing(IEventLog log, Subscriptions subscriptions, TimeProvider time)
    {
        _log = log;
        _subscriptions = subscriptions;
        _time = time;
        _timer = time.CreateTimer(static typing => ((Typing)typing!).EndDue(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>How long somebody types who is not heard of again: 6 s.</summary>
    public static TimeSpan Life { get; } = TimeSpan.FromSeconds(6);

    /// <summary>Tells a room, on all instances, that somebody types or has stopped.</summary>
    /// <exception cref="LogUnavailableException">The store cannot be reached.</exception>
    public ValueTask SendAsync(TopicName room, UserRef user, bool isTyping, CancellationToken cancellationToken) =>
        _log.SignalAsync(room, Event(room, user, isTyping), cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    /// <summary>
    /// Takes what an instance sent, and tells it to the subscribers here: also that somebody goes on typing, or does not type at all, since a stream that
    /// opened in between has not heard it.
    /// </summary>
    internal void Hear(TopicName room, EphemeralEvent signal)
    {
        using var data = JsonDocument.Parse(signal.Frame.Envelope);
        var user = data.RootElement.GetProperty("user");
        var id = user.GetProperty("id").GetString()!;
        var isTyping = data.RootElement.GetProperty("typing").GetBoolean();
        lock (_gate)
        {
            if (isTyping) GoOn(room, id, user.TryGetProperty("name", out var name) ? name.GetString() : null);
            else _typists.Remove((room, id));
            _subscriptions.Tell(room, signal);
        }
    }

    /// <summary>Somebody left the room, or was not heard of for too long; tells it where they typed.</summary>
    internal void Stop(TopicName room, string user)
    {
        lock (_gate)
        {
            if (_typists.Remove((room, user), out var typist)) _subscriptions.Tell(room, Event(room, typist.User, isTyping: false));
        }
    }

    private static EphemeralEvent Event(TopicName room, UserRef user, bool isTyping) => new(EventType.Typing, PresenceJson.Frame(EventType.Typing, writer =>
    {
        writer.WriteString("topic"u8, room.Value);
        writer.WritePropertyName("user"u8);
        PresenceJson.WriteUser(writer, user);
        writer.WriteBoolean("typing"u8, isTyping);
    }));

    // Called with the lock held.
    private void GoOn(TopicName room, string id, string? name)
    {
        var endsAt = _time.GetTimestamp() + (long)(Life.TotalSeconds * _time.TimestampFrequency);
        if (_typists.TryGetValue((room, id), out var typist))
        {
            typist.EndsAt = endsAt;
            return;
        }

        typist = new(room, new(id, name)) { EndsAt = endsAt };
        _typists.Add((room, id), typist);
        _ends.Enqueue(typist, endsAt);
        if (_ends.Count == 1) Arm();
    }

    private void EndDue()
    {
        lock (_gate)
        {
            var now = _time.GetTimestamp();
            while (_ends.TryPeek(out var typist, out var due) && due <= now)
            {
                _ends.Dequeue();

                // Stopped since, and perhaps began again: that is another one.
                if (!_typists.TryGetValue((typist.Room, typist.User.Id), out var current) || !ReferenceEquals(typist, current)) continue;

                // Heard of again since: the end moved.
                if (typist.EndsAt > now) _ends.Enqueue(typist, typist.EndsAt);
                else Stop(typist.Room, typist.User.Id);
            }

            Arm();
        }
    }

    // Called with the lock held.
    private void Arm()
    {
        if (!_ends.TryPeek(out _, out var due)) return;
        var wait = _time.GetElapsedTime(_time.GetTimestamp(), due);
        _timer.Change(wait > TimeSpan.Zero ? wait + TimeSpan.FromMilliseconds(1) : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
    }

    private sealed class Typist(TopicName room, UserRef user)
    {
        public TopicName Room { get; } = room;

        public UserRef User { get; } = user;

        public long EndsAt { get; set; }
    }
}
