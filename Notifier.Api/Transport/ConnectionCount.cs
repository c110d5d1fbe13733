namespace Notifier.Api.Transport;

/// <summary>How many connections are open, and whether there may be one more.</summary>
internal sealed class ConnectionCount(long max)
{
    private long _open;

    /// <summary>Counts one more, which has to <see cref="Leave"/>; false where there are as many as there may be.</summary>
    public bool TryEnter()
    {
        if (Interlocked.Increment(ref _open) <= max) return true;
        Leave();
        return false;
    }

    public void Leave() => Interlocked.Decrement(ref _open);
}
