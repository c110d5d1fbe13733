using System.Buffers;
using System.Text.Json;
using Notifier.Core.Events;
using Notifier.Core.Log;
using Notifier.Core.Topics;

namespace Notifier.Core.Revocation;

/// <summary>The end of a user's streams: of those that carry <paramref name="Topic"/>, or of all where it is null.</summary>
/// <param name="User">Whose.</param>
/// <param name="Topic">What they carry.</param>
/// <param name="RefusedFor">How long new ones are refused; null: not at all.</param>
public sealed record StreamRevocation(string User, TopicName? Topic, TimeSpan? RefusedFor = null)
{
    private const string EventTypeName = "revoked";

    /// <summary>How far the clocks of instances and store may lie apart: as much as is allowed between an issuer of tokens and us.</summary>
    private static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(2);

    /// <summary>When it was stored.</summary>
    public DateTimeOffset At { get; init; }

    /// <summary>
    /// True where it ends this stream of the user. An instance may read it late, when the user was let in again: what was opened after it goes on. While new
    /// streams are refused, one that seems to be opened after it was opened before, by a clock that is ahead.
    /// </summary>
    public bool Ends(UserRef user, Subscription subscription, DateTimeOffset openedAt) =>
        user.Id == User && (Topic is null || subscription.Carries(Topic)) && openedAt <= At + (RefusedFor > ClockSkew ? RefusedFor.Value : ClockSkew);

    internal EventDraft ToDraft(UserRef by)
    {
        var data = new ArrayBufferWriter<byte>(128);
        using (var writer = new Utf8JsonWriter(data))
        {
            writer.WriteStartObject();
            writer.WriteString("user"u8, User);
            if (Topic is not null) writer.WriteString("topic"u8, Topic.Value);
            if (RefusedFor is { } time) writer.WriteNumber("forSeconds"u8, time.TotalSeconds);
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
            data.TryGetProperty("topic"u8, out var name) && TopicName.TryParse(name.GetString(), out var topic) ? topic : null,
            data.TryGetProperty("forSeconds"u8, out var seconds) ? TimeSpan.FromSeconds(seconds.GetDouble()) : null)
        {
            At = logged.Position.At,
        };
    }
}
