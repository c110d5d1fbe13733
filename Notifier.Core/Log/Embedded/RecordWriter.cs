using System.Buffers.Binary;
using System.Text;
using Notifier.Core.Events;

namespace Notifier.Core.Log.Embedded;

/// <summary>Builds commits in a buffer that grows and is used again. Every method gives where in the buffer its record begins.</summary>
internal sealed class RecordWriter
{
    private const int KeptBytes = 2 << 20;

    private byte[] _buffer = new byte[64 << 10];
    private int _commitStart;
    private int _recordStart;

    public int Length { get; private set; }

    /// <summary>True while nothing stands in the commit that was begun.</summary>
    public bool IsEmpty => Length <= _commitStart + JournalFormat.CommitHeaderBytes;

    public ReadOnlyMemory<byte> Written => _buffer.AsMemory(0, Length);

    public int CommitBytes => Length - _commitStart;

    public void Clear()
    {
        if (_buffer.Length > KeptBytes) _buffer = new byte[64 << 10];
        Length = 0;
    }

    public void Write(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Take(bytes.Length));

    public void BeginCommit()
    {
        _commitStart = Length;
        Take(JournalFormat.CommitHeaderBytes);
    }

    /// <summary>Ends the commit; one without records is taken back.</summary>
    public void EndCommit()
    {
        if (IsEmpty) Length = _commitStart;
        else JournalFormat.SealCommit(_buffer.AsSpan(_commitStart, Length - _commitStart));
    }

    public int AddEvent(string topic, LogPosition position, LogPosition predecessor, EventMarks marks, EventDraft draft)
    {
        var trace = draft.TraceParent is { Length: > 0 and <= byte.MaxValue } parent ? parent : null;
        var traceBytes = trace is null ? 0 : 1 + trace.Length;
        var rest = Begin(trace is null ? RecordKind.Event : RecordKind.TracedEvent, topic, 34 + draft.Type.Length + traceBytes + draft.Body.Length);
        StoredPosition.Write(rest, position);
        StoredPosition.Write(rest[16..], predecessor);
        rest[32] = (byte)marks;
        rest[33] = (byte)Encoding.ASCII.GetBytes(draft.Type, rest[34..]);
        rest = rest[(34 + draft.Type.Length)..];
        if (trace is not null) rest[0] = (byte)Encoding.ASCII.GetBytes(trace, rest[1..]);
        draft.Body.Span.CopyTo(rest[traceBytes..]);
        return End();
    }

    public int AddHead(string topic, LogPosition head)
    {
        var rest = Begin(RecordKind.Head, topic, 16);
        StoredPosition.Write(rest, head);
        return End();
    }

    public int AddState(StateSpace space, string key, ReadOnlySpan<byte> value, long expiresMs)
    {
        var rest = Begin(RecordKind.State, key, 9 + value.Length);
        rest[0] = (byte)space;
        BinaryPrimitives.WriteInt64LittleEndian(rest[1..], expiresMs);
        value.CopyTo(rest[9..]);
        return End();
    }

    /// <summary>A record as it lies elsewhere.</summary>
    public int Copy(ReadOnlySpan<byte> record)
    {
        var start = Length;
        record.CopyTo(Take(record.Length));
        return start;
    }

    private Span<byte> Begin(RecordKind kind, string name, int restLength)
    {
        var nameLength = Encoding.UTF8.GetByteCount(name);
        _recordStart = Length;
        var payloadLength = 3 + nameLength + restLength;
        var record = Take(JournalFormat.RecordHeaderBytes + payloadLength);
        BinaryPrimitives.WriteUInt32LittleEndian(record, (uint)payloadLength);
        var payload = record[JournalFormat.RecordHeaderBytes..];
        payload[0] = (byte)kind;
        BinaryPrimitives.WriteUInt16LittleEndian(payload[1..], (ushort)nameLength);
        Encoding.UTF8.GetBytes(name, payload[3..]);
        return payload[(3 + nameLength)..];
    }

    private int End()
    {
        var record = _buffer.AsSpan(_recordStart, Length - _recordStart);
        BinaryPrimitives.WriteUInt32LittleEndian(record[4..], Crc32C.Of(record[JournalFormat.RecordHeaderBytes..]));
        return _recordStart;
    }

    private Span<byte> Take(int count)
    {
        if (_buffer.Length - Length < count) Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, Length + count));
        var taken = _buffer.AsSpan(Length, count);
        Length += count;
        return taken;
    }
}
