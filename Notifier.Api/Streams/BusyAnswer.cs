using Notifier.Api.Problems;

namespace Notifier.Api.Streams;

/// <summary>Turns a stream away in the way that its client can hear: an <c>EventSource</c> that is answered with an error status never comes back.</summary>
internal sealed class BusyAnswer(StreamContext context, StreamLedger ledger)
{
    public IResult For(HttpContext http, BusyReason reason)
    {
        ledger.TurnedAway(reason);
        var retryMs = context.NextRetryMs();
        if (StreamFormats.NamesEventStream(http.Request)) return new BusyStream(reason, retryMs);

        var why = reason switch
        {
            BusyReason.Draining => "This instance is being shut down; come back, and another one answers.",
            BusyReason.Full => "This instance has as many streams as it takes; come back later.",
            BusyReason.TooManyStreams => "This user has as many streams as one may have; close one.",
            _ => "The store cannot be reached; come back later.",
        };
        return new Problem(StatusCodes.Status503ServiceUnavailable, why) { RetryAfterSeconds = (retryMs + 999) / 1000 };
    }

    private sealed class BusyStream(BusyReason reason, int retryMs) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            StreamFormats.SetHeaders(httpContext.Response);
            var writer = new SseWriter(httpContext);
            writer.WriteRetry(retryMs);
            writer.Write(ServiceEvents.Busy(reason, retryMs).Whole.Span);
            await writer.FlushAsync();
        }
    }
}
