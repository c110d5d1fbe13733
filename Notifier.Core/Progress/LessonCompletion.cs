using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Notifier.Core.Events;
using Notifier.Core.Topics;

namespace Notifier.Core.Progress;

/// <summary>A learner completed a lesson of a track.</summary>
/// <param name="Track">The track; its class is the room <c>class:{track}</c>.</param>
/// <param name="Lesson">The lesson.</param>
/// <param name="User">The learner.</param>
/// <param name="From">Who says so.</param>
/// <param name="Via">Who sent it on behalf of <paramref name="From"/>.</param>
/// <param name="ClientMessageId">The client's own name for the event.</param>
public sealed record LessonCompletion(string Track, string Lesson, string User, UserRef From, UserRef? Via, string? ClientMessageId)
{
    /// <summary>At most the bytes that its event's envelope takes in either topic.</summary>
    public int MaxEnvelopeLength
    {
        get
        {
            var longest = ToDraft(int.MaxValue, Format(DateTimeOffset.MaxValue), Guid.Empty.ToString("N"));
            return Math.Max(SseFrame.EnvelopeLength(TopicName.Class(Track), longest), SseFrame.EnvelopeLength(TopicName.User(User), longest));
        }
    }

    /// <summary>A moment as the event names it.</summary>
    internal static string Format(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);

    /// <summary>The event that tells of it.</summary>
    internal EventDraft ToDraft(int completedLessons, string completedAt, string commandId)
    {
        var data = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(data))
        {
            writer.WriteStartObject();
            writer.WriteString("trackId"u8, Track);
            writer.WriteString("lessonId"u8, Lesson);
            writer.WriteString("userId"u8, User);
            writer.WriteNumber("completedLessons"u8, completedLessons);
            writer.WriteString("completedAt"u8, completedAt);
            writer.WriteEndObject();
        }

        return new(EventType.ProgressUpdated, From, data.WrittenMemory, Via, ClientMessageId, commandId);
    }
}
