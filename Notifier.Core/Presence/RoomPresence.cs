using Notifier.Core.Events;
using Notifier.Core.Topics;

namespace Notifier.Core.Presence;

/// <summary>One room as this instance knows it: whom it holds itself, whom others hold, and what its subscribers have been told.</summary>
/// <remarks>
/// One lock guards all of it; it is taken before those of typing and of subscriptions, and never held across a call of the store. What others hold is
/// current while somebody watches, since their bells are heard then.
/// </remarks>
internal sealed class RoomPresence
{
    /// <summary>Comings and goings that are remembered for streams that are behind.</summary>
    private const int MinChanges = 1024;

    private readonly Rooms _rooms;
    private readonly Lock _gate = new();
    private readonly Seats _seats = new();
    private readonly RoomMembers _members;
    private readonly SharedChain _chain = new();
    private readonly HashSet<string> _unwritten = new(StringComparer.Ordinal);
    private int _watchers;
    private bool _isRemoved;
    private long _nextTelling;
    private int _writtenCount;

    public RoomPresence(Rooms rooms, TopicName topic)
    {
        _rooms = rooms;
        Topic = topic;
        _members = new(Math.Max(MinChanges, Math.Min(rooms.Options.MaxListed, 1 << 18) * 4));
        Telling = new(topic, _members, rooms.Options.MaxListed);
    }

    public TopicName Topic { get; }

    public RoomTelling Telling { get; }

    public RoomWork Work { get; } = new();

    /// <summary>True where everybody in the room is known here.</summary>
    public bool IsCurrent
    {
        get
        {
            lock (_gate) return _watchers > 0 && _chain.IsLoaded;
        }
    }

    /// <summary>True where the store may hold what was not heard of.</summary>
    public bool IsReadNeeded
    {
        get
        {
            lock (_gate) return _watchers > 0 && _chain.IsReadNeeded;
        }
    }

    public bool IsWriteNeeded
    {
        get
        {
            lock (_gate) return _unwritten.Count > 0;
        }
    }

    public int Count
    {
        get
        {
            lock (_gate) return _members.Count;
        }
    }

    /// <summary>One stream more that reads the room; false where the room was given up, and a new one is to be made.</summary>
    public bool TryWatch()
    {
        lock (_gate)
        {
            if (_isRemoved) return false;

            // Nobody heard the bells of others until now.
            if (_watchers++ == 0) _chain.Unload();
            return true;
        }
    }

    public void Unwatch()
    {
        lock (_gate) _watchers--;
        _rooms.Activate(this);
    }

    public void Join(UserRef user)
    {
        lock (_gate)
        {
            // Who moves from one instance to another within the grace has been here all the time.
            _seats.Take(user, _members[user.Id]?.Since ?? _rooms.Time.GetUtcNow());
            Copy(user.Id);
        }

        _rooms.Activate(this);
    }

    public void Leave(string user)
    {
        lock (_gate)
        {
            var grace = TimeSpan.FromSeconds(_rooms.Options.GraceSeconds);
            _seats.Leave(user, _rooms.Time.GetTimestamp() + (long)(grace.TotalSeconds * _rooms.Time.TimestampFrequency));
            if (grace == TimeSpan.Zero) EndGraces();
            Copy(user);
        }

        _rooms.Activate(this);
    }

    public (RoomListing Listing, long Index) Greet()
    {
        lock (_gate) return Telling.Greet();
    }

    public SseFrame? CatchUp(ref long index)
    {
        lock (_gate) return Telling.CatchUp(ref index);
    }

    public List<Holding> List()
    {
        lock (_gate) return [.. _members.All];
    }

    public List<Holding> ListOwn()
    {
        lock (_gate) return [.. _seats.Users.Select(user => _seats[user]!)];
    }

    /// <summary>Takes what another instance tells; what it does not fit on makes the room be read.</summary>
    public void Hear(PresenceBell bell)
    {
        lock (_gate)
        {
            _chain.Add(bell);
            Follow();
        }

        _rooms.Activate(this);
    }

    /// <summary>Takes the room as the store has it.</summary>
    public void Load(SharedRoom shared)
    {
        lock (_gate)
        {
            var gone = _members.HeldElsewhere().ToHashSet();
            foreach (var (instance, holding) in shared.Others)
            {
                gone.Remove((instance, holding.User.Id));
                Set(instance, holding.User.Id, holding);
            }

            foreach (var (instance, user) in gone) Set(instance, user, null);

            // A store that was emptied has lost what is ours, too. Where nobody shares it nothing is written, and a room that waits for that would never be given up.
            var own = shared.Own.ToDictionary(holding => holding.User.Id, StringComparer.Ordinal);
            foreach (var user in _rooms.IsShared ? _seats.Users.Concat(own.Keys) : [])
            {
                if (_seats[user]?.Connections != own.GetValueOrDefault(user)?.Connections) _unwritten.Add(user);
            }

            _chain.Load(shared.Version);
            Follow();
        }

        _rooms.Activate(this);
    }

    /// <summary>The store is not where the room was heard to be.</summary>
    public void Doubt(long version)
    {
        lock (_gate)
        {
            if (version != _chain.Version) _chain.Doubt();
        }

        _rooms.Activate(this);
    }

    /// <summary>Lets go what instances hold that are no more.</summary>
    public void Drop(IReadOnlySet<string> instances)
    {
        lock (_gate)
        {
            foreach (var (instance, user) in _members.HeldElsewhere())
            {
                if (!instances.Contains(instance)) continue;
                Set(instance, user, null);

                // Whoever reads the room takes away what is left of them there.
                _chain.Doubt();
            }
        }

        _rooms.Activate(this);
    }

    /// <summary>What this instance holds has to be written once more, all of it.</summary>
    public void WriteAgain()
    {
        lock (_gate)
        {
            _unwritten.UnionWith(_seats.Users);
            _writtenCount = 0;
        }

        _rooms.Activate(this);
    }

    /// <summary>Takes up to <paramref name="max"/> changes that others have not been told of.</summary>
    public List<HoldingChange> TakeUnwritten(int max)
    {
        lock (_gate)
        {
            List<HoldingChange> changes = [.. _unwritten.Take(max).Select(user => new HoldingChange(user, _seats[user]))];
            foreach (var change in changes) _unwritten.Remove(change.User);
            return changes;
        }
    }

    /// <summary>Gives back what could not be written.</summary>
    public void PutBack(IEnumerable<HoldingChange> changes)
    {
        lock (_gate) _unwritten.UnionWith(changes.Select(change => change.User));
    }

    /// <summary>The count to be written for the list of rooms, where it is another than before; <see cref="CountWritten"/> after it.</summary>
    public int? CountToWrite()
    {
        lock (_gate)
        {
            var count = _seats.IsEmpty ? 0 : _members.Count;
            return count == _writtenCount ? null : count;
        }
    }

    public void CountWritten(int count)
    {
        lock (_gate) _writtenCount = count;
    }

    /// <summary>Ends graces and tells what is due; false where there is nothing to come back for.</summary>
    public bool Tick(long now)
    {
        lock (_gate)
        {
            EndGraces();
            if (Telling.IsDue && now >= _nextTelling && Telling.Next() is { } told)
            {
                _nextTelling = now + (long)(Rooms.TellInterval.TotalSeconds * _rooms.Time.TimestampFrequency);
                _rooms.Subscriptions.TellNewest(Topic, told);
            }

            return Telling.IsDue || _seats.HasGraces || IsWaiting;
        }
    }

    /// <summary>Gives the room up where nobody is in it or watches; it takes no watcher from then on.</summary>
    public bool TryRemove()
    {
        lock (_gate) return _isRemoved = _watchers == 0 && _seats.IsEmpty && !IsWaiting;
    }

    // Called with the lock held, as all that follow.
    private bool IsWaiting => _unwritten.Count > 0 || (_watchers > 0 && _chain.IsReadNeeded) || (_rooms.IsShared && (_seats.IsEmpty ? 0 : _members.Count) != _writtenCount);

    private void EndGraces()
    {
        foreach (var user in _seats.EndGraces(_rooms.Time.GetTimestamp())) Copy(user);
    }

    private void Copy(string user)
    {
        Set(RoomMembers.Here, user, _seats[user]);
        if (_rooms.IsShared) _unwritten.Add(user);
    }

    private void Follow()
    {
        while (_chain.Next() is { } bell)
        {
            if (_rooms.IsOwn(bell.Instance)) continue;
            foreach (var change in bell.Changes) Set(bell.Instance, change.User, change.Holding);
        }
    }

    private void Set(string instance, string user, Holding? holding)
    {
        if (_members.Set(instance, user, holding) && holding is null) _rooms.Typing.Stop(Topic, user);
        _rooms.Changed(Topic);
    }
}
