using Notifier.Api.Admin;
using Notifier.Core.Metrics;

namespace Notifier.Api.Streams;

/// <summary>Tells metrics, log and admins what becomes of each stream: when it opens, and when it ends.</summary>
internal sealed partial class StreamLedger(NotifierMetrics metrics, AdminFeed feed, ILogger<StreamLedger> logger)
{
    public void Opened(SseStream stream)
    {
        metrics.StreamOpened(stream.Kind, stream.Start);
        feed.Opened(stream);
        LogOpened(logger, stream.Connection, stream.User.Id, string.Join(' ', stream.Topics), stream.Kind, stream.Start);
    }

    public void Closed(SseStream stream)
    {
        var reason = NameOf(stream.Ending);
        var duration = stream.Age;
        metrics.StreamClosed(stream.Kind, reason);
        feed.Closed(stream, reason, duration);
        LogClosed(logger, stream.Connection, stream.User.Id, string.Join(' ', stream.Topics), reason, Math.Round(duration.TotalSeconds, 3), stream.EventsSent);
    }

    public void TurnedAway(BusyReason reason)
    {
        metrics.StreamRefused(ServiceEvents.NameOf(reason));
        if (reason == BusyReason.Full) metrics.Refused(RefusedLimit.Streams);
        if (reason == BusyReason.TooManyStreams) metrics.Refused(RefusedLimit.StreamsPerUser);
    }

    // A stream that nobody ended was ended by a failure.
    private static string NameOf(EndReason reason) => reason switch
    {
        EndReason.Client => "client",
        EndReason.Slow => "slow",
        EndReason.Expired => "expired",
        EndReason.Revoked => "revoked",
        EndReason.Drain => "drain",
        EndReason.MaxAge => "max-age",
        _ => "error",
    };

    [LoggerMessage(LogLevel.Information, "Opened stream {Connection} of {UserId} on {Topics} ({Kind}, {Start}).")]
    private static partial void LogOpened(ILogger logger, string connection, string userId, string topics, string kind, string start);

    [LoggerMessage(LogLevel.Information, "Closed stream {Connection} of {UserId} on {Topics}: {Reason}, after {DurationSeconds} s and {Events} events.")]
    private static partial void LogClosed(ILogger logger, string connection, string userId, string topics, string reason, double durationSeconds, long events);
}
