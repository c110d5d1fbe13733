using System.Text.Json;
using Notifier.Api.Commands;
using Notifier.Core.Events;
using Notifier.Core.Log;
using Notifier.Core.Presence;
using Notifier.Core.Topics;

namespace Notifier.Api.Streams;

/// <summary>The events that the service itself sends (CONTRACT 2), as SSE blocks without an id line.</summary>
internal static class ServiceEvents
{
    public static SseFrame Ping { get; } = SseFrame.ForService("ping", "{}"u8);

    public static SseFrame TokenExpired { get; } = SseFrame.ForService("expired", """{"reason":"token"}"""u8);

    public static SseFrame Revoked { get; } = SseFrame.ForService("expired", """{"reason":"revoked"}"""u8);

    public static SseFrame Welcome(
        string connection, string instance, DateTimeOffset at, int heartbeatSeconds, UserRef user, Subscription subscription, bool isResumed,
        IReadOnlyList<RoomListing> presence) =>
        Frame("welcome", writer =>
        {
            writer.WriteString("connection"u8, connection);
            writer.WriteString("instance"u8, instance);
            writer.WriteString("at"u8, Acknowledgement.Format(at));
            writer.WriteNumber("heartbeatSeconds"u8, heartbeatSeconds);
            writer.WriteStartObject("user"u8);
            writer.WriteString("id"u8, user.Id);
            if (user.Name is not null) writer.WriteString("name"u8, user.Name);
            writer.WriteEndObject();
            writer.WriteStartArray("topics"u8);
            for (var i = 0; i < subscription.TopicCount; i++)
            {
                if (subscription[i].Topic.Kind != TopicKind.Service) writer.WriteStringValue(subscription[i].Topic.Value);
            }

            writer.WriteEndArray();
            writer.WriteBoolean("resumed"u8, isResumed);
            writer.WriteStartObject("presence"u8);
            foreach (var room in presence)
            {
                writer.WriteStartObject(room.Room.Value);
                writer.WriteNumber("count"u8, room.Count);
                if (room.Users is not null) PresenceJson.WriteUsers(writer, "users"u8, room.Users);
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
        });

    public static SseFrame OfGap(Gap gap) => Frame("gap", writer => WriteGap(writer, gap));

    public static SseFrame Busy(BusyReason reason, int retryMs) => Frame("busy", writer =>
    {
        writer.WriteString("reason"u8, NameOf(reason));
        writer.WriteNumber("retryMs"u8, retryMs);
    });

    public static string NameOf(BusyReason reason) => reason switch
    {
        BusyReason.Draining => "draining",
        BusyReason.Full => "full",
        BusyReason.TooManyStreams => "too-many-streams",
        _ => "store",
    };

    /// <summary>The members of a gap's data.</summary>
    public static void WriteGap(Utf8JsonWriter writer, Gap gap)
    {
        writer.WriteString("topic"u8, gap.Topic.Value);
        writer.WriteString("after"u8, gap.After.ToString());
        writer.WriteString("first"u8, gap.First?.ToString());
        writer.WriteString("reason"u8, gap.Reason == GapReason.Reset ? "reset" : "trimmed");
    }

    private static SseFrame Frame(string type, Action<Utf8JsonWriter> write)
    {
        using var data = JsonBuffer.Take();
        data.Writer.WriteStartObject();
        write(data.Writer);
        data.Writer.WriteEndObject();
        return SseFrame.ForService(type, data.Written);
    }
}
