using System.Buffers;
using System.Buffers.Text;
using System.IO.Pipelines;
using Notifier.Api.Transport;
using Notifier.Core.Events;
using Notifier.Core.Log;
using Notifier.Core.Topics;

namespace Notifier.Api.Streams;

/// <summary>Puts SSE fields together, and hands them to the response at a flush. Between flushes it holds no memory.</summary>
internal sealed class SseWriter(HttpContext http)
{
    private const int InitialBytes = 4096;

    private byte[] _buffer = [];
    private PipeWriter? _body;
    private EpollOutput? _direct;

    /// <summary>Bytes written since the last flush.</summary>
    public int UnflushedBytes { get; private set; }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Room(bytes.Length));
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

        var line = Room("id: \n".Length + Cursor.MaxEncodedLength(subscription.TopicCount));
        "id: "u8.CopyTo(line);
        var length = 4 + Cursor.Encode(positions.AsSpan(0, subscription.TopicCount), line[4..]);
        line[length++] = (byte)'\n';
        UnflushedBytes += length;
        ArrayPool<(TopicName, LogPosition)>.Shared.Return(positions, clearArray: true);
    }

    public ValueTask<FlushResult> FlushAsync() => _body is null ? StartAsync() : SendAsync(_body);

    private Span<byte> Room(int bytes)
    {
        var end = ChunkedBody.MaxHeadBytes + UnflushedBytes;
        var needed = end + bytes + ChunkedBody.TailBytes;
        if (needed > _buffer.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, InitialBytes));
            _buffer.AsSpan(0, UnflushedBytes == 0 ? 0 : end).CopyTo(larger);
            Return();
            _buffer = larger;
        }

        return _buffer.AsSpan(end);
    }

    private async ValueTask<FlushResult> StartAsync()
    {
        await http.Response.StartAsync();
        _direct = ChunkedBody.Of(http);
        return await SendAsync(_body = http.Response.BodyWriter);
    }

    private ValueTask<FlushResult> SendAsync(PipeWriter body)
    {
        ValueTask<FlushResult> flush;
        if (_direct is null)
        {
            if (UnflushedBytes > 0) body.Write(_buffer.AsSpan(ChunkedBody.MaxHeadBytes, UnflushedBytes));
            flush = body.FlushAsync();
        }
        else
        {
            flush = UnflushedBytes == 0 ? _direct.FlushAsync() : _direct.SendAsync(ChunkedBody.Frame(_buffer, UnflushedBytes));
        }

        Return();
        UnflushedBytes = 0;
        return flush;
    }

    private void Return()
    {
        if (_buffer.Length > 0) ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }
}
