namespace Notifier.Core.Presence;

/// <summary>
/// Puts the bells of a room in the order of their versions. One that comes too early waits; where what lies before it does not come, and wherever the
/// store turns out to be elsewhere, the room has to be read. Not thread-safe: its owner locks.
/// </summary>
internal sealed class SharedChain
{
    private const int MaxParked = 256;

    private readonly SortedDictionary<long, PresenceBell> _parked = [];
    private bool _isDoubted;

    public long Version { get; private set; }

    public bool IsLoaded { get; private set; }

    public bool IsReadNeeded => IsLoaded && (_isDoubted || _parked.Count > 0);

    public void Unload() => IsLoaded = false;

    public void Load(long version)
    {
        (Version, IsLoaded, _isDoubted) = (version, true, false);
        foreach (var old in _parked.Keys.Where(parked => parked <= version).ToArray()) _parked.Remove(old);
    }

    public void Add(PresenceBell bell)
    {
        if (IsLoaded && bell.Version <= Version) return;
        _parked[bell.Version] = bell;
        if (_parked.Count <= MaxParked) return;
        _parked.Clear();
        _isDoubted = true;
    }

    public void Doubt() => _isDoubted = true;

    /// <summary>The bell that follows on what is known; null where it has not come.</summary>
    public PresenceBell? Next()
    {
        if (!IsLoaded || !_parked.Remove(Version + 1, out var bell)) return null;
        Version++;
        return bell;
    }
}
