using System.Buffers;
using System.Text.Json;
using Notifier.Core.Events;

namespace Notifier.Core.Presence;

/// <summary>How people in rooms are written (CONTRACT 2).</summary>
public static class PresenceJson
{
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JsonText.Encoder };

    /// <summary>Writes one user as an object.</summary>
    public static void WriteUser(Utf8JsonWriter writer, UserRef user)
    {
        writer.WriteStartObject();
        writer.WriteString("id"u8, user.Id);
        if (user.Name is not null) writer.WriteString("name"u8, user.Name);
        writer.WriteEndObject();
    }

    /// <summary>Writes an array of users under <paramref name="name"/>.</summary>
    public static void WriteUsers(Utf8JsonWriter writer, ReadOnlySpan<byte> name, IEnumerable<UserRef> users)
    {
        writer.WriteStartArray(name);
        foreach (var user in users) WriteUser(writer, user);
        writer.WriteEndArray();
    }

    /// <summary>A block of the service's own, whose data <paramref name="write"/> fills.</summary>
    internal static SseFrame Frame(string type, Action<Utf8JsonWriter> write)
    {
        var data = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(data, WriterOptions))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }

        return SseFrame.ForService(type, data.WrittenSpan);
    }
}
