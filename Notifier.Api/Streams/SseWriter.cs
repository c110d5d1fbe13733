using System.Buffers;
using System.Buffers.Text;
using System.IO.Pipelines;
using Notifier.Core.Events;
using Notifier.Core.Log;
using Notifier.Core.Topics;

namespace Notifier.Api.Streams;

/// <summary>Puts SSE fields into a response's pipe. Flushes nothing.</summary>
internal sealed class SseWriter(PipeWriter pipe)
{
    /// <summary>Bytes written since the last flush.</summary>
    public int UnflushedBytes { get; private set; }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        pipe.Write(bytes);
        UnflushedBytes += bytes.Length;
    }

    public void WriteRetry(int milliseconds)
    {
        Span<byte> line = stackalloc byte["retry: \n".Length + 10];
        "retry: "u8.CopyTo(line);
        Utf8Formatter.TryFormat(milliseconds, line[7..], out var digits);
        line[7 + digits] = (byte)'\n';
        Write(line[..(8 + digits)]);
    }

    /// <summary>An id line with one topic's bare position.</summary>
    public void WriteId(LogPosition position)
    {
        Span<byte> line = stackalloc byte["id: \n".Length + LogPosition.MaxLength];
        "id: "u8.CopyTo(line);
        position.TryFormat(line[4..], out var length);
        line[4 + length] = (byte)'\n';
        Write(line[..(5 + length)]);
    }

    /// <summary>An id line with the positions of all of a subscription's topics.</summary>
    public void WriteId(Subscription subscription)
    {
        var positions = ArrayPool<(TopicName, LogPosition)>.Shared.Rent(subscription.TopicCount);
        for (var i = 0; i < subscription.TopicCount; i++) positions[i] = subscription[i];

        var maxLength = "id: \n".Length + Cursor.MaxEncodedLength(subscription.TopicCount);
        var line = pipe.GetSpan(maxLength);
        "id: "u8.CopyTo(line);
        var length = 4 + Cursor.Encode(positions.AsSpan(0, subscription.TopicCount), line[4..]);
        line[length++] = (byte)'\n';
        pipe.Advance(length);
        UnflushedBytes += length;
        ArrayPool<(TopicName, LogPosition)>.Shared.Return(positions, clearArray: true);
    }

    public ValueTask<FlushResult> FlushAsync()
    {
        UnflushedBytes = 0;
        return pipe.FlushAsync();
    }
}
