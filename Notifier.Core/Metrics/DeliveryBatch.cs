using Notifier.Core.Events;

namespace Notifier.Core.Metrics;

/// <summary>
/// What one flush hands to a connection, counted as it is written and told once: a stream of ten thousand events a second tells its metrics
/// as often as it flushes.
/// </summary>
/// <param name="openedAt">When the stream opened: what was stored before it is replayed, and has no lag.</param>
public struct DeliveryBatch(DateTimeOffset openedAt)
{
    private readonly ulong _openedAtMs = (ulong)openedAt.ToUnixTimeMilliseconds();
    private ulong _oldestLiveMs;
    private int _type;
    private int _count;
    private int _replayed;

    /// <summary>Events since the stream opened.</summary>
    public long Total { readonly get; private set; }

    /// <summary>Counts an event that was written to the connection.</summary>
    public void Add(LoggedEvent logged, NotifierMetrics metrics)
    {
        if (logged.CountedType != _type)
        {
            TellCount(metrics);
            _type = logged.CountedType;
        }

        _count++;
        var storedAtMs = logged.Position.Milliseconds;
        if (storedAtMs < _openedAtMs) _replayed++;
        else if (_oldestLiveMs == 0) _oldestLiveMs = storedAtMs;
    }

    /// <summary>Tells what was counted since the last time: at a flush.</summary>
    public void Tell(NotifierMetrics metrics, TimeProvider time)
    {
        if (_count == 0) return;
        TellCount(metrics);
        if (_replayed > 0) metrics.Replayed.Add(_replayed);
        _replayed = 0;
        if (_oldestLiveMs == 0) return;
        metrics.DeliveryLag.Record(Math.Max(0, (time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds - (_oldestLiveMs / 1000.0)));
        _oldestLiveMs = 0;
    }

    private void TellCount(NotifierMetrics metrics)
    {
        if (_count == 0) return;
        metrics.Delivered.Add(_count, _type);
        Total += _count;
        _count = 0;
    }
}
