namespace Notifier.Api.Streams;

/// <summary>
/// Clears away what a wave of new streams leaves behind. When it is over, its streams are young to the collector, and would be moved at a later moment, in the middle
/// of deliveries: they are moved at once, while their clients still settle. When the service is at rest, the garbage of their opening is given back to the system, with
/// the room that the collector took for it: streams that wait allocate nothing, so that no collection would come for it.
/// </summary>
/// <remarks>Either stops everything for about 15 µs a stream, which is what one event to all of them takes (docs/adr/0013).</remarks>
internal sealed class WaveCollection(StreamDoor door, TimeProvider time) : IHostedService, IAsyncDisposable
{
    /// <summary>Streams that have come since the last collection: fewer leave nothing that is worth one.</summary>
    public const int MinNewStreams = 1000;

    /// <summary>Bytes in use, of twenty thousand streams or of a log in memory: past it the pause grows on, and what is gained does not.</summary>
    public const long MaxHeapBytes = 256 << 20;

    /// <summary>What is allocated in a second at rest: less than two commands, or one stream, take.</summary>
    public const int RestBytes = 16 * 1024;

    /// <summary>Seconds at rest in a row.</summary>
    public const int SecondsAtRest = 2;

    /// <summary>Looks without a new stream after which a wave is over.</summary>
    public const int LooksWithoutNew = 2;

    /// <summary>Collections that a wave is worth: what lives needs two to be old, and the collector may answer with one of the oldest generation instead.</summary>
    public const int MaxPromotions = 4;

    /// <summary>From one wave to the next, at least: whoever opens streams and closes them again causes a pause of some ms every ten seconds, and no more.</summary>
    public const int SecondsBetweenWaves = 10;

    /// <summary>Bytes between the youngest and the oldest generation that may stay: they are moved in 10 ms.</summary>
    public const long MaxYoungBytes = 8 << 20;

    public const int LooksPerSecond = 4;

    public static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1.0 / LooksPerSecond);

    private ITimer? _clock;
    private long _looks;
    private long _entered;
    private int _looksWithoutNew;
    private long _promotedUpTo;
    private long _promotedAt = -SecondsBetweenWaves * LooksPerSecond;
    private int _promotionsLeft;
    private long _allocated;
    private int _secondsAtRest;
    private long _givenBackUpTo;

    /// <summary>Bytes allocated since the start of the process.</summary>
    public Func<long> AllocatedBytes { get; init; } = static () => GC.GetTotalAllocatedBytes();

    /// <summary>Bytes in use, garbage among them.</summary>
    public Func<long> HeapBytes { get; init; } = static () => GC.GetTotalMemory(forceFullCollection: false);

    /// <summary>Bytes that the last collection of the younger generations left in the one between.</summary>
    public Func<long> YoungBytes { get; init; } = static () => GC.GetGCMemoryInfo(GCKind.Ephemeral).GenerationInfo[1].SizeAfterBytes;

    /// <summary>Makes what lives a generation older.</summary>
    public Action Promote { get; init; } = static () => GC.Collect(1, GCCollectionMode.Forced, blocking: true);

    /// <summary>The only kind of collection that gives the room back at once.</summary>
    public Action GiveBack { get; init; } = static () => GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _clock = time.CreateTimer(static wave => ((WaveCollection)wave!).Look(), this, LookInterval, LookInterval);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public ValueTask DisposeAsync() => _clock?.DisposeAsync() ?? ValueTask.CompletedTask;

    private void Look()
    {
        var entered = door.Entered;
        _looksWithoutNew = entered == _entered ? _looksWithoutNew + 1 : 0;
        _entered = entered;
        LookForEnd();
        if (++_looks % LooksPerSecond == 0) LookForRest();
    }

    private void LookForEnd()
    {
        var isOver = _looksWithoutNew >= LooksWithoutNew && _entered - _promotedUpTo >= MinNewStreams;
        if (isOver && _looks - _promotedAt >= SecondsBetweenWaves * LooksPerSecond)
        {
            _promotedUpTo = _entered;
            _promotedAt = _looks;
            _promotionsLeft = HeapBytes() > MaxHeapBytes ? 0 : MaxPromotions;
        }

        if (_promotionsLeft == 0) return;

        Promote();
        _promotionsLeft = YoungBytes() > MaxYoungBytes ? _promotionsLeft - 1 : 0;
    }

    private void LookForRest()
    {
        var allocated = AllocatedBytes();
        _secondsAtRest = allocated - _allocated < RestBytes ? _secondsAtRest + 1 : 0;
        _allocated = allocated;
        if (_secondsAtRest < SecondsAtRest || _entered - _givenBackUpTo < MinNewStreams || HeapBytes() > MaxHeapBytes) return;

        _givenBackUpTo = _entered;
        GiveBack();
    }
}
