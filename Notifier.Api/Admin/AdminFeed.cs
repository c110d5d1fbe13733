using System.Buffers;
using System.Threading.Channels;
using Notifier.Api.Streams;
using Notifier.Core.Events;
using Notifier.Core.Log;
using Notifier.Core.Topics;

namespace Notifier.Api.Admin;

/// <summary>
/// What this instance tells admins, wherever their streams are: every stream that opens or ends, and once a second its figures. While nobody watches
/// it tells nothing, and costs a look at the clock.
/// </summary>
internal sealed class AdminFeed(IEventLog log, StreamContext context, LiveStats stats) : BackgroundService
{
    /// <summary>The feed's signals count as the service's own, which pass every filter.</summary>
    private const string SignalType = "stats";

    /// <summary>Events that wait to be told; past it the oldest are dropped, and <c>stats</c> still has their number.</summary>
    private const int MaxWaiting = 10_000;

    /// <summary>Events told in one signal.</summary>
    private const int MaxBlocks = 200;

    private static readonly TimeSpan StatsInterval = TimeSpan.FromSeconds(1);

    /// <summary>How long one call to watch holds: three of those that an instance with watchers sends.</summary>
    private static readonly TimeSpan WatchLife = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan CallInterval = TimeSpan.FromSeconds(3);

    private readonly Channel<SseFrame> _waiting = Channel.CreateBounded<SseFrame>(
        new BoundedChannelOptions(MaxWaiting) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    private int _watchers;
    private long _watchedUntil;
    private long _nextCall;

    /// <summary>True while an admin's stream is open on some instance.</summary>
    public bool IsWatched => context.Time.GetTimestamp() < Volatile.Read(ref _watchedUntil);

    /// <summary>Counts an admin's stream in, until the result is disposed; all instances are called to tell what happens there.</summary>
    public IDisposable Watch()
    {
        Interlocked.Increment(ref _watchers);
        Volatile.Write(ref _nextCall, 0);
        Called();
        return new Watching(this);
    }

    /// <summary>Somebody watches, here or elsewhere.</summary>
    public void Called() => Volatile.Write(ref _watchedUntil, After(WatchLife));

    public void Opened(SseStream stream)
    {
        if (IsWatched) _waiting.Writer.TryWrite(AdminEvents.Connected(stream, context.Instance));
    }

    public void Closed(SseStream stream, string reason, TimeSpan duration)
    {
        if (IsWatched) _waiting.Writer.TryWrite(AdminEvents.Disconnected(stream, context.Instance, reason, duration, context.Time.GetUtcNow()));
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var stop = stoppingToken.UnsafeRegister(static writer => ((ChannelWriter<SseFrame>)writer!).TryComplete(), _waiting.Writer);
        await Task.WhenAll(TickAsync(stoppingToken), TellAsync(stoppingToken));
    }

    private async Task TickAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(StatsInterval, context.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping))
            {
                var now = context.Time.GetTimestamp();
                if (Volatile.Read(ref _watchers) > 0 && now >= Volatile.Read(ref _nextCall))
                {
                    Called();
                    Volatile.Write(ref _nextCall, After(CallInterval));
                    await SignalAsync(InstanceTopics.Calls, InstanceCall.Watch(context.Instance));
                }

                if (IsWatched) _waiting.Writer.TryWrite(stats.Next());
            }
        }
        catch (OperationCanceledException)
        {
            // The end of the service.
        }
    }

    private async Task TellAsync(CancellationToken stopping)
    {
        var blocks = new ArrayBufferWriter<byte>(4096);
        while (!stopping.IsCancellationRequested && await _waiting.Reader.WaitToReadAsync(CancellationToken.None))
        {
            for (var i = 0; i < MaxBlocks && _waiting.Reader.TryRead(out var frame); i++) blocks.Write(frame.Whole.Span);
            await SignalAsync(InstanceTopics.Feed, new(SignalType, SseFrame.FromBytes(blocks.WrittenSpan.ToArray())));
            blocks.ResetWrittenCount();
        }
    }

    private async Task SignalAsync(TopicName topic, EphemeralEvent signal)
    {
        try
        {
            await log.SignalAsync(topic, signal, CancellationToken.None);
        }
        catch (LogUnavailableException)
        {
            // What admins miss meanwhile shows in the figures once the store is back.
        }
    }

    private long After(TimeSpan span) => context.Time.GetTimestamp() + (long)(span.TotalSeconds * context.Time.TimestampFrequency);

    private sealed class Watching(AdminFeed feed) : IDisposable
    {
        public void Dispose() => Interlocked.Decrement(ref feed._watchers);
    }
}
