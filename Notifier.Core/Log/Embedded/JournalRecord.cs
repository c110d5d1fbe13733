using System.Buffers.Binary;
using System.Text;
using Notifier.Core.Events;

namespace Notifier.Core.Log.Embedded;

/// <summary>One record as it lies in a segment. Valid for as long as the bytes are.</summary>
internal readonly ref struct JournalRecord
{
    private readonly ReadOnlySpan<byte> _rest;

    private JournalRecord(RecordKind kind, int length, ReadOnlySpan<byte> name, ReadOnlySpan<byte> rest)
    {
        Kind = kind;
        Length = length;
        Name = name;
        _rest = rest;
    }

    public RecordKind Kind { get; }

    /// <summary>Bytes that it takes, its header among them.</summary>
    public int Length { get; }

    /// <summary>The topic, or the key of a value, in UTF-8.</summary>
    public ReadOnlySpan<byte> Name { get; }

    /// <summary>Of an event or a head.</summary>
    public LogPosition Position => new(BinaryPrimitives.ReadUInt64LittleEndian(_rest), BinaryPrimitives.ReadUInt64LittleEndian(_rest[8..]));

    /// <summary>Of an event.</summary>
    public LogPosition Predecessor => new(BinaryPrimitives.ReadUInt64LittleEndian(_rest[16..]), BinaryPrimitives.ReadUInt64LittleEndian(_rest[24..]));

    public EventMarks Marks => (EventMarks)_rest[32];

    public bool IsEvent => Kind is RecordKind.Event or RecordKind.TracedEvent;

    public string EventType => Encoding.ASCII.GetString(_rest.Slice(34, _rest[33]));

    /// <summary>Of an event: the trace of the command that stored it.</summary>
    public string? TraceParent => Kind == RecordKind.TracedEvent ? Encoding.ASCII.GetString(_rest.Slice(35 + _rest[33], _rest[34 + _rest[33]])) : null;

    /// <summary>Where an event's body begins in the record.</summary>
    public int BodyStart => Length - _rest.Length + 34 + _rest[33] + (Kind == RecordKind.TracedEvent ? 1 + _rest[34 + _rest[33]] : 0);

    /// <summary>Of a value.</summary>
    public StateSpace Space => (StateSpace)_rest[0];

    /// <summary>Of a value: the moment from which on it is gone, in milliseconds since 1970.</summary>
    public long ExpiresMs => BinaryPrimitives.ReadInt64LittleEndian(_rest[1..]);

    public ReadOnlySpan<byte> Value => _rest[9..];

    /// <summary>Reads the record at the start of <paramref name="bytes"/>; false where it is none, or its checksum does not fit.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, bool isChecked, out JournalRecord record)
    {
        record = default;
        if (bytes.Length < JournalFormat.RecordHeaderBytes + 3) return false;
        var payloadLength = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        if (payloadLength < 3 || payloadLength > bytes.Length - JournalFormat.RecordHeaderBytes) return false;
        var payload = bytes.Slice(JournalFormat.RecordHeaderBytes, (int)payloadLength);
        if (!isChecked && BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]) != Crc32C.Of(payload)) return false;

        var kind = (RecordKind)payload[0];
        var nameLength = BinaryPrimitives.ReadUInt16LittleEndian(payload[1..]);
        if (payload.Length - 3 < nameLength) return false;
        var rest = payload[(3 + nameLength)..];
        var isWhole = kind switch
        {
            RecordKind.Event => rest.Length >= 34 && rest.Length >= 34 + rest[33],
            RecordKind.TracedEvent => rest.Length >= 35 && rest.Length >= 35 + rest[33] && rest.Length >= 35 + rest[33] + rest[34 + rest[33]],
            RecordKind.Head => rest.Length == 16,
            RecordKind.State => rest.Length >= 9,
            _ => false,
        };
        if (!isWhole) return false;
        record = new(kind, JournalFormat.RecordHeaderBytes + payload.Length, payload.Slice(3, nameLength), rest);
        return true;
    }
}
