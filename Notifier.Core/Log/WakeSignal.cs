using System.Threading.Tasks.Sources;

namespace Notifier.Core.Log;

/// <summary>
/// A latch that one reader waits on and anybody sets: a set before the wait is not lost, and many sets are one. Waiting allocates nothing.
/// </summary>
/// <remarks>
/// The state alone is changed by compare-and-swap. <see cref="ManualResetValueTaskSourceCore{TResult}"/> swaps its continuation, an object: the runtime's barrier for that
/// marks the memory around it as pointing to young objects whether it does or not, and the next collection went through ten thousand streams for nothing, 20 ms each time.
/// </remarks>
internal sealed class WakeSignal : IValueTaskSource
{
    private const int Clear = 0;
    private const int IsSet = 1;
    private const int IsAwaited = 2;

    private Action<object?>? _continuation;
    private object? _continuationState;
    private int _state;

    /// <summary>Sets the latch.</summary>
    /// <param name="runsReaderHere">
    /// The reader goes on within this call, which saves handing it to another thread: for callers that hold no lock and have nothing else to do.
    /// </param>
    public void Set(bool runsReaderHere)
    {
        if (Interlocked.Exchange(ref _state, IsSet) != IsAwaited) return;

        // The reader is let go on by one alone: who found it waiting.
        var (continuation, state) = (_continuation!, _continuationState);
        if (runsReaderHere) continuation(state);
        else ThreadPool.UnsafeQueueUserWorkItem(continuation, state, preferLocal: true);
    }

    /// <summary>Completes once the latch is set, and clears it. One wait at a time.</summary>
    public ValueTask WaitAsync() =>
        Interlocked.CompareExchange(ref _state, Clear, IsSet) == IsSet ? ValueTask.CompletedTask : new(this, token: 0);

    // A full fence: what the reader looks at next must not be looked at before, or a set that finds the latch set still would be lost.
    void IValueTaskSource.GetResult(short token) => Interlocked.Exchange(ref _state, Clear);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) =>
        Volatile.Read(ref _state) == IsSet ? ValueTaskSourceStatus.Succeeded : ValueTaskSourceStatus.Pending;

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
    {
        (_continuation, _continuationState) = (continuation, state);
        if (Interlocked.CompareExchange(ref _state, IsAwaited, Clear) == Clear) return;

        // It was set between the two looks. On the pool, since the reader has not returned from its wait yet.
        ThreadPool.UnsafeQueueUserWorkItem(continuation, state, preferLocal: true);
    }
}
