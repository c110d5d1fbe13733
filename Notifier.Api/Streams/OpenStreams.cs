using System.Collections.Concurrent;

namespace Notifier.Api.Streams;

/// <summary>The streams that are open here, and the one clock that ticks for all of them: no stream has a timer of its own.</summary>
internal sealed class OpenStreams(TimeProvider time) : IHostedService, IAsyncDisposable
{
    private static readonly TimeSpan TickInterval = TimeSpan.FromMilliseconds(250);

    private readonly ConcurrentDictionary<SseStream, byte> _streams = new();
    private ITimer? _clock;

    public bool IsEmpty => _streams.IsEmpty;

    public void Add(SseStream stream) => _streams.TryAdd(stream, 0);

    public void Remove(SseStream stream) => _streams.TryRemove(stream, out _);

    public void ForEach(Action<SseStream> action)
    {
        foreach (var (stream, _) in _streams) action(stream);
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
        foreach (var (stream, _) in _streams) stream.Tick(now);
    }
}
