using System.Buffers;
using System.Text.Json;
using Notifier.Core.Events;
using Notifier.Core.Topics;

namespace Notifier.Core.Revocation;

/// <summary>The end of a user's streams: of those that carry <paramref name="Topic"/>, or of all where it is null.</summary>
public sealed record StreamRevocation(string User, TopicName? Topic)
{
    private const string EventTypeName = "revoked";

    internal EventDraft ToDraft(UserRef by)
    {
        var data = new ArrayBufferWriter<byte>(128);
        using (var writer = new Utf8JsonWriter(data))
        {
            writer.WriteStartObject();
            writer.WriteString("user"u8, User);
            if (Topic is not null) writer.WriteString("topic"u8, Topic.Value);
            writer.WriteEndObject();
        }

        return new(EventTypeName, by, data.WrittenMemory);
    }

    internal static StreamRevocation Parse(LoggedEvent logged)
    {
        using var envelope = JsonDocument.Parse(logged.Frame.Envelope);
        var data = envelope.RootElement.GetProperty("data"u8);
        return new(
            data.GetProperty("user"u8).GetString()!,
            data.TryGetProperty("topic"u8, out var name) && TopicName.TryParse(name.GetString(), out var topic) ? topic : null);
    }
}
