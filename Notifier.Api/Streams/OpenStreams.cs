namespace Notifier.Api.Streams;

/// <summary>The streams that are open here, and the one clock that ticks for all of them: no stream has a timer of its own.</summary>
/// <remarks>
/// The lock guards the list, and is not held while a stream is called. The list is gone through from its end, so that a removal, which moves the last stream
/// into the hole, moves one that was called already.
/// </remarks>
internal sealed class OpenStreams(TimeProvider time) : IHostedService, IAsyncDisposable
{
    private static readonly TimeSpan TickInterval = TimeSpan.FromMilliseconds(250);

    private readonly Lock _gate = new();
    private readonly List<SseStream> _streams = [];
    private ITimer? _clock;

    public bool IsEmpty => Count == 0;

    private int Count
    {
        get
        {
            lock (_gate) return _streams.Count;
        }
    }

    public void Add(SseStream stream)
    {
        lock (_gate)
        {
            stream.Slot = _streams.Count;
            _streams.Add(stream);
        }
    }

    public void Remove(SseStream stream)
    {
        lock (_gate)
        {
            var last = _streams[^1];
            _streams[stream.Slot] = last;
            last.Slot = stream.Slot;
            _streams.RemoveAt(_streams.Count - 1);
        }
    }

    public void ForEach(Action<SseStream> action)
    {
        for (var i = Count - 1; i >= 0; i--)
        {
            SseStream? stream;
            lock (_gate) stream = i < _streams.Count ? _streams[i] : null;
            if (stream is not null) action(stream);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _clock = time.CreateTimer(static streams => ((OpenStreams)streams!).Tick(), this, TickInterval, TickInterval);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        // Who is still here when the server stops would hold it up.
        ForEach(static stream => stream.End(EndReason.Drain));
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync() => _clock?.DisposeAsync() ?? ValueTask.CompletedTask;

    private void Tick()
    {
        var now = time.GetTimestamp();
        ForEach(stream => stream.Tick(now));
    }
}
