using System.Threading.Tasks.Sources;

namespace Notifier.Core.Log;

/// <summary>
/// A latch that one reader waits on and anybody sets: a set before the wait is not lost, and many sets are one. Waiting allocates nothing.
/// </summary>
internal sealed class WakeSignal : IValueTaskSource
{
    private const int Clear = 0;
    private const int IsSet = 1;
    private const int IsAwaited = 2;

    private ManualResetValueTaskSourceCore<bool> _source;
    private int _state;

    /// <summary>Sets the latch.</summary>
    /// <param name="runsReaderHere">
    /// The reader goes on within this call, which saves handing it to another thread: for callers that hold no lock and have nothing else to do.
    /// </param>
    public void Set(bool runsReaderHere)
    {
        while (true)
        {
            switch (Volatile.Read(ref _state))
            {
                case IsSet:
                    return;
                case Clear when Interlocked.CompareExchange(ref _state, IsSet, Clear) == Clear:
                    return;
                case IsAwaited when Interlocked.CompareExchange(ref _state, Clear, IsAwaited) == IsAwaited:
                    _source.RunContinuationsAsynchronously = !runsReaderHere;
                    _source.SetResult(true);
                    return;
            }
        }
    }

    /// <summary>Completes once the latch is set, and clears it. One wait at a time.</summary>
    public ValueTask WaitAsync()
    {
        if (Interlocked.CompareExchange(ref _state, Clear, IsSet) == IsSet) return ValueTask.CompletedTask;

        _source.Reset();
        if (Interlocked.CompareExchange(ref _state, IsAwaited, Clear) == Clear) return new(this, _source.Version);

        // It was set between the two looks.
        Volatile.Write(ref _state, Clear);
        return ValueTask.CompletedTask;
    }

    void IValueTaskSource.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}
