using System.Buffers;
using System.Text.Json;
using Notifier.Api.Access;
using Notifier.Api.Problems;
using Notifier.Api.Queries.Caching;
using Notifier.Core.Inbox;
using Notifier.Core.Topics;

namespace Notifier.Api.Queries;

/// <summary>A user's inbox, and how much of it is unread.</summary>
internal static class ReadNotifications
{
    private const int DefaultLimit = 50;
    private const int MaxLimit = 1000;

    public static void Map(IEndpointRouteBuilder routes) => routes.MapMethods("/api/users/{user}/notifications", ReadMethods.All, ReadAsync).CacheOfUser("unread", "limit");

    private static async Task<IResult> ReadAsync(string user, Caller caller, UserInbox inbox, HttpContext http, CancellationToken cancellationToken)
    {
        var errors = new Dictionary<string, string[]>(StringComparer.Ordinal);
        var unreadOnly = http.Request.Query.ReadFlag("unread", errors);
        var limit = http.Request.Query.ReadNumber("limit", 1, MaxLimit, errors) ?? DefaultLimit;
        if (errors.Count > 0) return Problem.Invalid(errors);

        var topic = TopicName.User(caller.Resolve(user));
        if (!caller.MaySubscribeTo(topic)) return Problem.Forbidden($"You may not read {topic}.");

        return TypedResults.Bytes(Write(await inbox.ReadAsync(topic.Subject, unreadOnly, limit, cancellationToken)), "application/json");
    }

    private static byte[] Write(InboxPage page)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("events"u8);
            foreach (var logged in page.Events) writer.WriteRawValue(logged.Frame.Envelope.Span, skipInputValidation: true);
            writer.WriteEndArray();
            writer.WriteNumber("unread"u8, page.Unread);
            writer.WriteString("readUpTo"u8, page.ReadUpTo.ToString());
            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
