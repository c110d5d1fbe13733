using Notifier.Core.Events;

namespace Notifier.Core.Presence;

/// <summary>
/// Who is in a room: whoever at least one instance holds. Each coming and going has an index, so that the difference between two moments can be told.
/// Not thread-safe: its owner locks.
/// </summary>
internal sealed class RoomMembers(int maxChanges)
{
    /// <summary>The name of this instance in its own tables: what it is called elsewhere may change.</summary>
    public const string Here = "";

    private readonly Dictionary<string, Dictionary<string, Holding>> _holders = new(StringComparer.Ordinal);
    private readonly Queue<(UserRef User, bool Joined)> _changes = new();

    /// <summary>How many comings and goings there were.</summary>
    public long Index { get; private set; }

    public int Count => _holders.Count;

    public IEnumerable<UserRef> Users => _holders.Values.Select(NameOf);

    /// <summary>Every member, with all instances' connections together.</summary>
    public IEnumerable<Holding> All => _holders.Values.Select(Merge);

    public Holding? this[string user] => _holders.TryGetValue(user, out var held) ? Merge(held) : null;

    /// <summary>Sets what an instance holds of a user; null: nothing. True where the user so came or went.</summary>
    public bool Set(string instance, string user, Holding? holding)
    {
        var isMember = _holders.TryGetValue(user, out var held);
        if (holding is not null)
        {
            if (!isMember) _holders[user] = held = new(1, StringComparer.Ordinal);
            held![instance] = holding;
            if (isMember) return false;
            Note(holding.User, joined: true);
            return true;
        }

        if (!isMember || !held!.Remove(instance, out var last) || held.Count > 0) return false;
        _holders.Remove(user);
        Note(last.User, joined: false);
        return true;
    }

    /// <summary>What instances other than this one hold, as a list that may be changed from.</summary>
    public List<(string Instance, string User)> HeldElsewhere() =>
        [.. _holders.SelectMany(h => h.Value.Keys.Where(instance => instance != Here).Select(instance => (instance, h.Key)))];

    /// <summary>Who came and who went since an index, those left out who did both; null where that is too long ago.</summary>
    public (List<UserRef> Joined, List<UserRef> Left)? Since(long index)
    {
        var skip = index - (Index - _changes.Count);
        if (skip < 0) return null;

        List<UserRef> joined = [], left = [];
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (user, firstJoined) in _changes.Skip((int)skip))
        {
            // A user's first change tells where the user was before it.
            if (!seen.Add(user.Id) || firstJoined != _holders.TryGetValue(user.Id, out var held)) continue;
            if (firstJoined) joined.Add(NameOf(held!));
            else left.Add(user);
        }

        return (joined, left);
    }

    private static UserRef NameOf(Dictionary<string, Holding> held)
    {
        UserRef? found = null;
        foreach (var holding in held.Values)
        {
            if (found?.Name is null) found = holding.User;
        }

        return found!;
    }

    private static Holding Merge(Dictionary<string, Holding> held) =>
        new(NameOf(held), held.Values.Sum(h => h.Connections), held.Values.Min(h => h.Since));

    private void Note(UserRef user, bool joined)
    {
        Index++;
        _changes.Enqueue((user, joined));
        if (_changes.Count > maxChanges) _changes.Dequeue();
    }
}
