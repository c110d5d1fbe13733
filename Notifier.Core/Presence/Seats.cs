using Notifier.Core.Events;

namespace Notifier.Core.Presence;

/// <summary>The users with a stream of this instance in a room, and those whose grace after the last one still runs. Not thread-safe: its owner locks.</summary>
internal sealed class Seats
{
    private readonly Dictionary<string, Seat> _seats = new(StringComparer.Ordinal);
    private readonly Queue<(Seat Seat, long EndsAt)> _graces = new();

    public bool IsEmpty => _seats.Count == 0;

    public bool HasGraces => _graces.Count > 0;

    public IEnumerable<string> Users => _seats.Keys;

    public Holding? this[string user] => _seats.TryGetValue(user, out var seat) ? new(seat.User, seat.Connections, seat.Since) : null;

    /// <summary>One more stream of a user, who is here since <paramref name="since"/> where that is news.</summary>
    public void Take(UserRef user, DateTimeOffset since)
    {
        if (!_seats.TryGetValue(user.Id, out var seat)) _seats[user.Id] = seat = new() { User = user, Since = since };
        if (user.Name is not null) seat.User = user;
        seat.Connections++;
    }

    /// <summary>One stream less; the seat of the last one is kept until <paramref name="graceEndsAt"/>.</summary>
    public void Leave(string user, long graceEndsAt)
    {
        var seat = _seats[user];
        if (--seat.Connections > 0) return;
        seat.GraceEndsAt = graceEndsAt;
        _graces.Enqueue((seat, graceEndsAt));
    }

    /// <summary>Gives up the seats whose grace is over, and says whose they were.</summary>
    public IEnumerable<string> EndGraces(long now)
    {
        // All graces are of one length, so they end in the order in which they began.
        while (_graces.TryPeek(out var next) && next.EndsAt <= now)
        {
            _graces.Dequeue();
            var (seat, endsAt) = next;

            // Came back, and perhaps left again: the later grace decides.
            if (seat.Connections == 0 && seat.GraceEndsAt == endsAt && _seats.Remove(seat.User.Id)) yield return seat.User.Id;
        }
    }

    private sealed class Seat
    {
        public required UserRef User { get; set; }

        public required DateTimeOffset Since { get; init; }

        public int Connections { get; set; }

        public long GraceEndsAt { get; set; }
    }
}
