using System.Collections.Concurrent;
using Notifier.Core.Settings;

namespace Notifier.Api.Streams;

/// <summary>
/// Who may come in: as many streams as the limits allow, in all and of one user. Load is shed here; nobody inside is thrown out for it.
/// </summary>
internal sealed class StreamDoor(StreamOptions options)
{
    private readonly ConcurrentDictionary<string, int> _perUser = new(StringComparer.Ordinal);
    private int _open;
    private long _entered;

    /// <summary>Streams that are in.</summary>
    public int Open => Volatile.Read(ref _open);

    /// <summary>Streams that have come in since the start.</summary>
    public long Entered => Volatile.Read(ref _entered);

    /// <summary>Users with a stream.</summary>
    public int Users => _perUser.Count;

    /// <summary>The service is being shut down, and lets nobody in.</summary>
    public bool IsDraining { get; set; }

    /// <summary>Lets a stream of <paramref name="user"/> in, which has to <see cref="Leave"/>; or says why not.</summary>
    public BusyReason? TryEnter(string user)
    {
        if (IsDraining) return BusyReason.Draining;
        if (Interlocked.Increment(ref _open) > options.MaxConnections)
        {
            Interlocked.Decrement(ref _open);
            return BusyReason.Full;
        }

        if (_perUser.AddOrUpdate(user, 1, static (_, count) => count + 1) <= options.MaxPerUser)
        {
            Interlocked.Increment(ref _entered);
            return null;
        }

        Leave(user);
        return BusyReason.TooManyStreams;
    }

    public void Leave(string user)
    {
        Interlocked.Decrement(ref _open);
        if (_perUser.AddOrUpdate(user, 0, static (_, count) => count - 1) == 0) _perUser.TryRemove(KeyValuePair.Create(user, 0));
    }
}
