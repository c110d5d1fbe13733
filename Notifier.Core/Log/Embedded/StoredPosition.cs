using System.Buffers.Binary;
using Notifier.Core.Events;

namespace Notifier.Core.Log.Embedded;

/// <summary>A position as a kept value.</summary>
internal static class StoredPosition
{
    public const int Bytes = 16;

    public static byte[] Encode(LogPosition position)
    {
        var bytes = new byte[Bytes];
        Write(bytes, position);
        return bytes;
    }

    public static void Write(Span<byte> to, LogPosition position)
    {
        BinaryPrimitives.WriteUInt64LittleEndian(to, position.Milliseconds);
        BinaryPrimitives.WriteUInt64LittleEndian(to[8..], position.Sequence);
    }

    public static LogPosition Decode(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadUInt64LittleEndian(bytes), BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]));
}
