using System.Buffers;
using System.Text.Json;
using Notifier.Api.Commands;
using Notifier.Api.Streams;
using Notifier.Core.Events;

namespace Notifier.Api.Admin;

/// <summary>The events of the admin's stream, and what describes a stream in them and in the list of connections.</summary>
internal static class AdminEvents
{
    public static SseFrame Connected(SseStream stream, string instance) => Frame("connected", writer =>
    {
        WriteStream(writer, stream, instance);
        writer.WriteString("start"u8, stream.Start);
    });

    public static SseFrame Disconnected(SseStream stream, string instance, string reason, TimeSpan duration, DateTimeOffset at) => Frame("disconnected", writer =>
    {
        WriteStream(writer, stream, instance);
        writer.WriteString("reason"u8, reason);
        writer.WriteString("at"u8, Acknowledgement.Format(at));
        writer.WriteNumber("durationSeconds"u8, Math.Round(duration.TotalSeconds, 3));
        writer.WriteNumber("events"u8, stream.EventsSent);
    });

    /// <summary>The members that say which stream it is.</summary>
    public static void WriteStream(Utf8JsonWriter writer, SseStream stream, string instance)
    {
        writer.WriteString("connection"u8, stream.Connection);
        writer.WriteString("instance"u8, instance);
        writer.WriteStartObject("user"u8);
        writer.WriteString("id"u8, stream.User.Id);
        if (stream.User.Name is not null) writer.WriteString("name"u8, stream.User.Name);
        writer.WriteEndObject();
        writer.WriteStartArray("topics"u8);
        foreach (var topic in stream.Topics) writer.WriteStringValue(topic);
        writer.WriteEndArray();
        writer.WriteString("since"u8, Acknowledgement.Format(stream.OpenedAt));
        writer.WriteString("kind"u8, stream.Kind);
    }

    /// <summary>One block whose data is what <paramref name="write"/> puts into an object.</summary>
    public static SseFrame Frame(string type, Action<Utf8JsonWriter> write)
    {
        var data = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(data, new() { Encoder = JsonText.Encoder }))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }

        return SseFrame.ForService(type, data.WrittenSpan);
    }
}
