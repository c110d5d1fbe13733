namespace Notifier.Core.Log;

/// <summary>The bytes that all tails of the process share.</summary>
internal sealed class TailBudget(long maxBytes)
{
    private long _used;

    public bool IsSpent => Volatile.Read(ref _used) > maxBytes;

    public long Used => Volatile.Read(ref _used);

    public void Add(long bytes) => Interlocked.Add(ref _used, bytes);
}
