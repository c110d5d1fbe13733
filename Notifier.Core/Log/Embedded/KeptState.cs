namespace Notifier.Core.Log.Embedded;

/// <summary>
/// What is state rather than log, all of it in memory and rebuilt from the journal: the newest record of each key. Only the writer adds, so what it
/// reads here stays true until it adds itself.
/// </summary>
/// <remarks>One lock, held for lines; listeners are called outside of it, on the writer's thread, in the order of the journal.</remarks>
internal sealed class KeptState(SegmentTable segments, int maxOnceKeys)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<StateSpace, Dictionary<string, KeptValue>> _spaces = Enum.GetValues<StateSpace>().ToDictionary(s => s, _ => new Dictionary<string, KeptValue>(StringComparer.Ordinal));
    private readonly Dictionary<StateSpace, PriorityQueue<string, long>> _byExpiry = Enum.GetValues<StateSpace>().ToDictionary(s => s, _ => new PriorityQueue<string, long>());
    private readonly Dictionary<StateSpace, Action<string, byte[]>> _listeners = [];

    public int Count
    {
        get
        {
            lock (_gate) return _spaces.Values.Sum(space => space.Count);
        }
    }

    public bool TryGet(StateSpace space, string key, long nowMs, out byte[] value)
    {
        lock (_gate)
        {
            var isKept = _spaces[space].TryGetValue(key, out var kept) && kept.ExpiresMs > nowMs;
            value = isKept ? kept!.Bytes : [];
            return isKept;
        }
    }

    /// <summary>When a key's record may go: 0 where there is none.</summary>
    public long ExpiryOf(StateSpace space, string key)
    {
        lock (_gate) return _spaces[space].TryGetValue(key, out var kept) ? kept.ExpiresMs : 0;
    }

    public IReadOnlyList<KeyValuePair<string, byte[]>> List(StateSpace space, string prefix, long nowMs)
    {
        lock (_gate)
        {
            return [.. _spaces[space].Where(v => v.Key.StartsWith(prefix, StringComparison.Ordinal) && v.Value.ExpiresMs > nowMs && v.Value.Bytes.Length > 0).Select(v => KeyValuePair.Create(v.Key, v.Value.Bytes))];
        }
    }

    /// <summary>Calls the listener with all that is kept in a space, and from then on with each value that is added. One listener per space, set before anything is written.</summary>
    public void Listen(StateSpace space, Action<string, byte[]> listener)
    {
        KeyValuePair<string, KeptValue>[] kept;
        lock (_gate)
        {
            kept = [.. _spaces[space]];
            _listeners[space] = listener;
        }

        foreach (var (key, value) in kept) listener(key, value.Bytes);
    }

    public void Set(StateSpace space, string key, KeptValue value)
    {
        Action<string, byte[]>? listener;
        lock (_gate)
        {
            if (_spaces[space].TryGetValue(key, out var before)) segments.AddLive(before.Slot, -before.Length);
            _spaces[space][key] = value;
            segments.AddLive(value.Slot, value.Length);
            if (value.ExpiresMs != long.MaxValue) _byExpiry[space].Enqueue(key, value.ExpiresMs);
            if (space == StateSpace.Once && _spaces[space].Count > maxOnceKeys) ForgetNext(space);
            _listeners.TryGetValue(space, out listener);
        }

        listener?.Invoke(key, value.Bytes);
    }

    /// <summary>Forgets what has expired.</summary>
    public void Expire(long nowMs)
    {
        lock (_gate)
        {
            foreach (var (space, queue) in _byExpiry)
            {
                while (queue.TryPeek(out _, out var expires) && expires <= nowMs) ForgetNext(space);
            }
        }
    }

    /// <summary>True where the record that lies there is its key's newest.</summary>
    public bool IsLive(StateSpace space, string key, uint slot, uint offset)
    {
        lock (_gate) return _spaces.TryGetValue(space, out var values) && values.TryGetValue(key, out var kept) && kept.Slot == slot && kept.Offset == offset;
    }

    /// <summary>A record was copied to another segment.</summary>
    public void Move(StateSpace space, string key, (uint Slot, uint Offset) from, Segment to, uint offset)
    {
        lock (_gate)
        {
            if (!_spaces[space].TryGetValue(key, out var kept) || kept.Slot != from.Slot || kept.Offset != from.Offset) return;
            (kept.Slot, kept.Offset) = (to.Slot, offset);
            to.AddLive(kept.Length);
        }
    }

    private void ForgetNext(StateSpace space)
    {
        if (!_byExpiry[space].TryDequeue(out var key, out var expires)) return;

        // A key that was put again stands in the queue twice.
        if (!_spaces[space].TryGetValue(key, out var kept) || kept.ExpiresMs != expires) return;
        _spaces[space].Remove(key);
        segments.AddLive(kept.Slot, -kept.Length);
    }
}
