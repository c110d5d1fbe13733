namespace Notifier.Api.Streams;

/// <summary>
/// Gives back to the system what a wave of new streams left behind, once the service is at rest: streams that wait allocate nothing, so that no collection would come
/// for the garbage of their opening, nor for the room that the collector took for it.
/// </summary>
/// <remarks>The collection stops everything for about 15 µs a stream, which is what one event to all of them takes (docs/adr/0013).</remarks>
internal sealed class WaveCollection(StreamDoor door, TimeProvider time) : IHostedService, IAsyncDisposable
{
    /// <summary>Streams that have come since the last collection: fewer leave nothing that is worth one.</summary>
    public const int MinNewStreams = 1000;

    /// <summary>Bytes in use, of twenty thousand streams or of a log in memory: past it the pause grows on, and what is given back does not.</summary>
    public const long MaxHeapBytes = 256 << 20;

    /// <summary>What is allocated between two looks at a service at rest: less than two commands, or one stream, take.</summary>
    public const int RestBytes = 16 * 1024;

    /// <summary>Looks at rest in a row.</summary>
    public const int LooksAtRest = 2;

    public static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    private ITimer? _clock;
    private long _lastAllocated;
    private long _lastEntered;
    private int _looksAtRest;

    /// <summary>Bytes allocated since the start of the process.</summary>
    public Func<long> AllocatedBytes { get; init; } = static () => GC.GetTotalAllocatedBytes();

    /// <summary>Bytes in use, garbage among them.</summary>
    public Func<long> HeapBytes { get; init; } = static () => GC.GetTotalMemory(forceFullCollection: false);

    /// <summary>The only kind of collection that gives the room back at once.</summary>
    public Action Collect { get; init; } = static () => GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _clock = time.CreateTimer(static wave => ((WaveCollection)wave!).Look(), this, LookInterval, LookInterval);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public ValueTask DisposeAsync() => _clock?.DisposeAsync() ?? ValueTask.CompletedTask;

    private void Look()
    {
        var (allocated, entered) = (AllocatedBytes(), door.Entered);
        _looksAtRest = allocated - _lastAllocated < RestBytes ? _looksAtRest + 1 : 0;
        _lastAllocated = allocated;
        if (_looksAtRest < LooksAtRest || entered - _lastEntered < MinNewStreams || HeapBytes() > MaxHeapBytes) return;

        _lastEntered = entered;
        Collect();
    }
}
