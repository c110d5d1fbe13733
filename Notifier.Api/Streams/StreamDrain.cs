namespace Notifier.Api.Streams;

/// <summary>
/// On shutdown, ends the open streams each at its own moment, so that their clients do not all come back to the next instance at once. It runs before
/// the server stops: after that, clients that come back would be refused without a word.
/// </summary>
internal sealed partial class StreamDrain(StreamDoor door, OpenStreams streams, StreamContext context, ILogger<StreamDrain> logger) : IHostedLifecycleService
{
    private static readonly TimeSpan CheckInterval = TimeSpan.FromMilliseconds(50);

    /// <summary>What the last streams may take to be told, past the drain time itself.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        door.IsDraining = true;
        if (door.Open == 0) return;

        LogDraining(logger, door.Open, context.Options.DrainSeconds);
        var (start, frequency) = (context.Time.GetTimestamp(), context.Time.TimestampFrequency);
        var drainTime = TimeSpan.FromSeconds(context.Options.DrainSeconds);
        Schedule(start, frequency);

        while (door.Open > 0 && context.Time.GetElapsedTime(start) < drainTime + (2 * Grace) && !cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(CheckInterval, context.Time, CancellationToken.None);

            // A stream that was let in just before the door closed has no moment yet; one whose client takes nothing cannot be told.
            if (context.Time.GetElapsedTime(start) >= drainTime) streams.ForEach(static stream => stream.End(EndReason.Drain));
            if (context.Time.GetElapsedTime(start) >= drainTime + Grace) streams.ForEach(static stream => stream.Cut(EndReason.Drain));
        }
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void Schedule(long start, long frequency) =>
        streams.ForEach(stream => stream.DrainAt(start + (long)(Random.Shared.NextDouble() * context.Options.DrainSeconds * frequency)));

    [LoggerMessage(LogLevel.Information, "Ending {Streams} open streams over {DrainSeconds} s.")]
    private static partial void LogDraining(ILogger logger, int streams, int drainSeconds);
}
