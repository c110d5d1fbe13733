using System.Globalization;
using System.Text;
using Notifier.Core.Topics;

namespace Notifier.Core.Events;

/// <summary>
/// One event as the bytes of an SSE block (https://html.spec.whatwg.org/multipage/server-sent-events.html), encoded once and shared by
/// every subscriber: a room stream sends it whole, a stream that carries positions writes an id line of its own before the rest.
/// </summary>
public readonly struct SseFrame
{
    /// <summary>Bytes that time, punctuation and an id of today's length add to an envelope's topic, type and body.</summary>
    private const int EnvelopeOverhead = 78;

    private readonly byte[] _bytes;
    private readonly int _sharedStart;
    private readonly int _envelopeStart;

    private SseFrame(byte[] bytes, int sharedStart, int envelopeStart)
    {
        _bytes = bytes;
        _sharedStart = sharedStart;
        _envelopeStart = envelopeStart;
    }

    /// <summary>The whole block, with the event's own id line where it has one.</summary>
    public ReadOnlyMemory<byte> Whole => _bytes;

    /// <summary>The block without its id line.</summary>
    public ReadOnlyMemory<byte> WithoutId => _bytes.AsMemory(_sharedStart);

    /// <summary>The JSON of the data line.</summary>
    public ReadOnlyMemory<byte> Envelope => _bytes.AsMemory(_envelopeStart, _bytes.Length - _envelopeStart - 2);

    /// <summary>The bytes that the envelope takes once it is stored in <paramref name="topic"/>.</summary>
    public static int EnvelopeLength(TopicName topic, EventDraft draft) =>
        EnvelopeOverhead + topic.Value.Length + draft.Type.Length + draft.Body.Length;

    /// <summary>The block of a stored event.</summary>
    public static SseFrame ForEvent(TopicName topic, LogPosition position, EventDraft draft)
    {
        Span<byte> id = stackalloc byte[LogPosition.MaxLength];
        position.TryFormat(id, out var idLength);
        return Encode(topic, id[..idLength], position.At, draft);
    }

    /// <summary>The block of an event that is told and not stored: no id anywhere.</summary>
    public static SseFrame ForEphemeral(TopicName topic, DateTimeOffset at, EventDraft draft) => Encode(topic, [], at, draft);

    /// <summary>The block of one of the service's own events, whose data is <paramref name="data"/> as it stands.</summary>
    public static SseFrame ForService(string type, ReadOnlySpan<byte> data)
    {
        var bytes = new byte["event: \ndata: \n\n".Length + type.Length + data.Length];
        var writer = new Utf8Cursor(bytes);
        writer.Write("event: "u8);
        writer.Write(type);
        writer.Write("\ndata: "u8);
        var envelopeStart = writer.Length;
        writer.Write(data);
        writer.Write("\n\n"u8);
        return new(bytes, 0, envelopeStart);
    }

    /// <summary>Blocks without id lines that were encoded before, here or by another instance.</summary>
    public static SseFrame FromBytes(byte[] bytes) => new(bytes, 0, bytes.AsSpan().IndexOf("\ndata: "u8) + 7);

    private static SseFrame Encode(TopicName topic, ReadOnlySpan<byte> id, DateTimeOffset at, EventDraft draft)
    {
        var length = (id.IsEmpty ? 0 : "id: \n".Length + "\"id\":\"\",".Length + (2 * id.Length))
            + "event: \ndata: {\"topic\":\"\",\"type\":\"\",\"at\":\"2026-11-20T08:42:47.186Z\",}\n\n".Length
            + topic.Value.Length + (2 * draft.Type.Length) + draft.Body.Length;
        var bytes = new byte[length];
        var writer = new Utf8Cursor(bytes);
        if (!id.IsEmpty)
        {
            writer.Write("id: "u8);
            writer.Write(id);
            writer.Write("\n"u8);
        }

        var sharedStart = writer.Length;
        writer.Write("event: "u8);
        writer.Write(draft.Type);
        writer.Write("\ndata: "u8);
        var envelopeStart = writer.Length;
        writer.Write("{"u8);
        if (!id.IsEmpty)
        {
            writer.Write("\"id\":\""u8);
            writer.Write(id);
            writer.Write("\","u8);
        }

        writer.Write("\"topic\":\""u8);
        writer.Write(topic.Value);
        writer.Write("\",\"type\":\""u8);
        writer.Write(draft.Type);
        writer.Write("\",\"at\":\""u8);
        writer.Write(at);
        writer.Write("\","u8);
        writer.Write(draft.Body.Span);
        writer.Write("}\n\n"u8);
        return new(bytes, sharedStart, envelopeStart);
    }

    private ref struct Utf8Cursor(Span<byte> destination)
    {
        private readonly Span<byte> _destination = destination;

        public int Length { get; private set; }

        public void Write(ReadOnlySpan<byte> value)
        {
            value.CopyTo(_destination[Length..]);
            Length += value.Length;
        }

        // Topics and types are ASCII by their rules, so nothing in them needs escaping.
        public void Write(string value) => Length += Encoding.ASCII.GetBytes(value, _destination[Length..]);

        public void Write(DateTimeOffset at)
        {
            at.UtcDateTime.TryFormat(_destination[Length..], out var written, "yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);
            Length += written;
        }
    }
}
