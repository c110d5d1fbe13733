using Microsoft.AspNetCore.Http.Headers;

namespace Notifier.Api.Streams;

/// <summary>In which form a stream route answers.</summary>
internal enum StreamFormat
{
    /// <summary>The client accepts neither.</summary>
    None,

    /// <summary><c>text/event-stream</c>.</summary>
    Events,

    /// <summary><c>application/json</c>: one answer, the poll form.</summary>
    Poll,
}

/// <summary>Chooses the form from the <c>Accept</c> header (RFC 9110, section 12.5.1).</summary>
internal static class StreamFormats
{
    public static StreamFormat Choose(HttpRequest request)
    {
        if (request.Headers.Accept.Count == 0) return StreamFormat.Events;

        var accept = new RequestHeaders(request.Headers).Accept;
        if (accept.Count == 0) return request.Headers.Accept.All(string.IsNullOrWhiteSpace) ? StreamFormat.Events : StreamFormat.None;

        var events = Rank("text", "event-stream");
        var poll = Rank("application", "json");
        if (events.Quality <= 0 && poll.Quality <= 0) return StreamFormat.None;

        // Equal wishes go to the one that is named rather than met by a wildcard, and then to the stream.
        return poll.CompareTo(events) > 0 ? StreamFormat.Poll : StreamFormat.Events;

        (double Quality, int Precision) Rank(string type, string subtype)
        {
            (double Quality, int Precision) best = (0, -1);
            foreach (var range in accept)
            {
                var precision = range.MatchesAllTypes ? 0
                    : !range.Type.Equals(type, StringComparison.OrdinalIgnoreCase) ? -1
                    : range.MatchesAllSubTypes ? 1
                    : range.SubType.Equals(subtype, StringComparison.OrdinalIgnoreCase) ? 2 : -1;
                if (precision > best.Precision) best = (range.Quality ?? 1, precision);
            }

            return best;
        }
    }

    /// <summary>The headers of every event stream.</summary>
    public static void SetHeaders(HttpResponse response)
    {
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-cache, no-transform";
        response.Headers["X-Accel-Buffering"] = "no";
    }

    /// <summary>True where the client speaks of event streams by name: what <c>EventSource</c> does, which gives up for good on any error status.</summary>
    public static bool NamesEventStream(HttpRequest request) =>
        request.Headers.Accept.Any(value => value?.Contains("text/event-stream", StringComparison.OrdinalIgnoreCase) is true);
}
