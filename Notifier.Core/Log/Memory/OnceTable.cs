namespace Notifier.Core.Log.Memory;

/// <summary>
/// Once-keys and what they did, for <see cref="OnceKey.Life"/>. Bounded: past <see cref="Capacity"/> the oldest is forgotten, and a retry with it
/// would store its event again.
/// </summary>
internal sealed class OnceTable(TimeProvider time)
{
    /// <summary>Keys remembered at once; a million takes about 300 MB.</summary>
    public const int Capacity = 1_000_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, OnceRecord> _records = [];
    private readonly Queue<(string Key, long Stamp)> _byAge = [];

    public bool TryGet(OnceKey key, out OnceRecord record)
    {
        lock (_gate)
        {
            Forget();
            return _records.TryGetValue(key.Value, out record);
        }
    }

    /// <summary>The record that the key is bound to: <paramref name="record"/>, or an earlier one.</summary>
    public OnceRecord GetOrAdd(OnceKey key, OnceRecord record, out bool isNew)
    {
        lock (_gate)
        {
            Forget();
            isNew = !_records.TryGetValue(key.Value, out var earlier);
            if (!isNew) return earlier;
            _records.Add(key.Value, record);
            _byAge.Enqueue((key.Value, time.GetTimestamp()));
            return record;
        }
    }

    public void Add(OnceKey key, OnceRecord record) => GetOrAdd(key, record, out _);

    private void Forget()
    {
        while (_byAge.TryPeek(out var oldest) && (_byAge.Count >= Capacity || time.GetElapsedTime(oldest.Stamp) >= OnceKey.Life))
        {
            _records.Remove(_byAge.Dequeue().Key);
        }
    }
}
