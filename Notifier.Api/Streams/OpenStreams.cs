using System.Runtime.InteropServices;

namespace Notifier.Api.Streams;

/// <summary>The streams that are open here, and the one clock that ticks for all of them: no stream has a timer of its own.</summary>
/// <remarks>
/// The lock guards the places, and is not held while a stream is called. A tick goes through them from the end, so that a removal, which moves the last stream
/// into the hole, moves one that had its turn. It reads when each stream is to be looked at, which stands side by side, and calls those alone whose time has come:
/// with a hundred thousand streams a look at each would take a tenth of a processor.
/// </remarks>
internal sealed class OpenStreams(TimeProvider time) : IHostedService, IAsyncDisposable
{
    private static readonly TimeSpan TickInterval = TimeSpan.FromMilliseconds(250);

    /// <summary>Places that a tick goes through before others have the lock.</summary>
    private const int PieceLength = 1024;

    private readonly Lock _gate = new();
    private readonly List<Place> _places = [];
    private ITimer? _clock;
    private long _calls;

    private int Count
    {
        get
        {
            lock (_gate) return _places.Count;
        }
    }

    public void Add(SseStream stream)
    {
        lock (_gate)
        {
            stream.Slot = _places.Count;
            _places.Add(new() { Stream = stream });
        }
    }

    public void Remove(SseStream stream)
    {
        lock (_gate)
        {
            var last = _places[^1];
            _places[stream.Slot] = last;
            last.Stream.Slot = stream.Slot;
            _places.RemoveAt(_places.Count - 1);
        }
    }

    /// <summary>Calls each stream that is open now, once. What it is told may be due soon, so the next tick looks at all.</summary>
    public void ForEach(Action<SseStream> action)
    {
        SseStream[] streams;
        lock (_gate) streams = [.. _places.Select(static place => place.Stream)];
        foreach (var stream in streams) action(stream);

        lock (_gate)
        {
            _calls++;
            foreach (ref var place in CollectionsMarshal.AsSpan(_places)) place.NextLook = 0;
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
        for (var left = Count; left > 0;)
        {
            if (FindDue(ref left, now, out var calls) is not { } stream) continue;

            var nextLook = stream.Tick(now);
            lock (_gate)
            {
                var places = CollectionsMarshal.AsSpan(_places);
                if (calls == _calls && stream.Slot < places.Length && places[stream.Slot].Stream == stream) places[stream.Slot].NextLook = nextLook;
            }
        }
    }

    /// <summary>The last stream among the first <paramref name="left"/> whose time has come; null where a piece of them held none.</summary>
    private SseStream? FindDue(ref int left, long now, out long calls)
    {
        lock (_gate)
        {
            calls = _calls;
            var places = CollectionsMarshal.AsSpan(_places);
            left = Math.Min(left, places.Length);
            for (var end = Math.Max(0, left - PieceLength); left > end;)
            {
                if (places[--left].NextLook <= now) return places[left].Stream;
            }

            return null;
        }
    }

    private struct Place
    {
        public required SseStream Stream;
        public long NextLook;
    }
}
