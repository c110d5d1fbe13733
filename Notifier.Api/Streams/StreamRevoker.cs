using Notifier.Core.Revocation;

namespace Notifier.Api.Streams;

/// <summary>Ends the open streams and the waiting polls that a revocation means, whichever instance it came from.</summary>
internal sealed partial class StreamRevoker(Revocations revocations, OpenStreams streams, WaitingPolls polls, ILogger<StreamRevoker> logger) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => revocations.FollowAsync(Apply, stoppingToken);

    private void Apply(StreamRevocation? revocation)
    {
        if (revocation is null)
        {
            LogLost(logger);
            return;
        }

        var ended = 0;
        streams.ForEach(stream =>
        {
            if (!stream.IsEndedBy(revocation)) return;
            stream.End(EndReason.Revoked);
            ended++;
        });
        polls.ForEach(poll =>
        {
            if (!poll.IsEndedBy(revocation)) return;
            poll.End(EndReason.Revoked);
            ended++;
        });
        if (ended > 0) LogEnded(logger, ended, revocation.User);
    }

    [LoggerMessage(LogLevel.Information, "Ended {Streams} streams and polls of {UserId}, as an admin asked.")]
    private static partial void LogEnded(ILogger logger, int streams, string userId);

    [LoggerMessage(LogLevel.Warning, "The store lost or dropped revocations that this instance had not read: streams that they would have ended may be open. Repeat the latest ones.")]
    private static partial void LogLost(ILogger logger);
}
