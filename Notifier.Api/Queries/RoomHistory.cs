using System.Buffers;
using System.Text.Json;
using Notifier.Api.Access;
using Notifier.Api.Problems;
using Notifier.Api.Queries.Caching;
using Notifier.Core.Events;
using Notifier.Core.Log;
using Notifier.Core.Topics;

namespace Notifier.Api.Queries;

/// <summary>The stored events of a room, a page at a time.</summary>
internal static class RoomHistory
{
    private const int DefaultLimit = 50;
    private const int MaxLimit = 1000;
    private const int PageEvents = 256;

    public static void Map(IEndpointRouteBuilder routes) => routes.MapMethods("/api/rooms/{room}/messages", ReadMethods.All, ReadAsync).CacheOfRoom(AnswerKind.Events, "before", "after", "limit", "types");

    private static async Task<IResult> ReadAsync(string room, Caller caller, IEventLog log, HttpContext http, CancellationToken cancellationToken)
    {
        var errors = new Dictionary<string, string[]>(StringComparer.Ordinal);
        var before = http.Request.Query.ReadPosition("before", errors);
        var after = http.Request.Query.ReadPosition("after", errors);
        var limit = http.Request.Query.ReadNumber("limit", 1, MaxLimit, errors) ?? DefaultLimit;
        var types = http.Request.Query.ReadTypes(errors);
        if (errors.Count > 0) return Problem.Invalid(errors);

        var topic = TopicName.Room(room);
        if (!caller.MaySubscribeTo(topic)) return Problem.Forbidden($"You may not read {topic}.");

        bool Counts(LoggedEvent logged) => types?.Contains(logged.Type) is not false;
        var page = after is { } from
            ? await ReadForwardAsync(log, topic, from, before, limit, Counts, cancellationToken)
            : await ReadBackAsync(log, topic, before, limit, Counts, cancellationToken);
        return TypedResults.Bytes(Write(page), "application/json");
    }

    private static async Task<Page> ReadBackAsync(
        IEventLog log, TopicName topic, LogPosition? before, int limit, Func<LoggedEvent, bool> counts, CancellationToken cancellationToken)
    {
        var events = new List<LoggedEvent>();
        for (var scanned = 0; ;)
        {
            var page = await log.ReadBackAsync(topic, before, PageEvents, cancellationToken);
            for (var i = page.Events.Count - 1; i >= 0; i--)
            {
                if (!counts(page.Events[i])) continue;
                if (events.Count == limit) return Finish(events[^1].Position);
                events.Add(page.Events[i]);
            }

            if (page.Events.Count < PageEvents) return Finish(null);
            scanned += page.Events.Count;
            before = page.Events[0].Position;
            if (scanned >= EventLogReads.MaxScannedEvents) return Finish(before);
        }

        Page Finish(LogPosition? older)
        {
            events.Reverse();
            return new(events, older, events.Count > 0 ? events[^1].Position : null);
        }
    }

    private static async Task<Page> ReadForwardAsync(
        IEventLog log, TopicName topic, LogPosition after, LogPosition? before, int limit, Func<LoggedEvent, bool> counts, CancellationToken cancellationToken)
    {
        var events = new List<LoggedEvent>();
        var start = after;
        for (var scanned = 0; events.Count < limit;)
        {
            var page = await log.ReadAsync(topic, after, PageEvents, cancellationToken);
            foreach (var logged in page.Events)
            {
                if (events.Count == limit || logged.Position >= before) return Finish(null);
                if (counts(logged)) events.Add(logged);
            }

            if (page.Events.Count < PageEvents) break;
            scanned += page.Events.Count;
            after = page.Events[^1].Position;
            if (scanned >= EventLogReads.MaxScannedEvents) return Finish(after);
        }

        return Finish(null);

        Page Finish(LogPosition? scannedTo) =>
            new(events, events.Count > 0 ? events[0].Position : start, scannedTo ?? (events.Count > 0 ? events[^1].Position : null));
    }

    private static byte[] Write(Page page)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("events"u8);
            foreach (var logged in page.Events) writer.WriteRawValue(logged.Frame.Envelope.Span, skipInputValidation: true);
            writer.WriteEndArray();
            writer.WriteString("before"u8, page.Before?.ToString());
            writer.WriteString("after"u8, page.After?.ToString());
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <param name="Events">Oldest first.</param>
    /// <param name="Before">What to ask for as <c>before=</c> to see older ones; null where none are held.</param>
    /// <param name="After">What to ask for as <c>after=</c> to see newer ones; null where the page is empty.</param>
    private sealed record Page(IReadOnlyList<LoggedEvent> Events, LogPosition? Before, LogPosition? After);
}
