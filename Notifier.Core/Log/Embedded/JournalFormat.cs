using System.Buffers.Binary;

namespace Notifier.Core.Log.Embedded;

/// <summary>
/// How a segment is laid out (docs/embedded-log.md): a header, then commits, then zeros. A commit is what one write and one sync made durable:
/// its mark, its length, a checksum, and records, each with a length and a checksum of its own, so that one can be read without the others.
/// All numbers are little-endian.
/// </summary>
internal static class JournalFormat
{
    /// <summary>Magic, the numbers of the first and the last segment that this one stands for, four bytes of room, checksum.</summary>
    public const int HeaderBytes = 32;

    /// <summary>Mark, length of the records, checksum of length and records.</summary>
    public const int CommitHeaderBytes = 12;

    /// <summary>Length and checksum of the payload.</summary>
    public const int RecordHeaderBytes = 8;

    /// <summary>No commit is longer: the largest event that the settings allow, and the megabyte before it.</summary>
    public const int MaxCommitBytes = 64 << 20;

    /// <summary>Starts a commit. FF is in no UTF-8 text, so no event can hold it.</summary>
    public static ReadOnlySpan<byte> CommitMark => [0xFF, 0xF1, (byte)'N', (byte)'J'];

    private static ReadOnlySpan<byte> Magic => "NTFLOG1\n"u8;

    public static byte[] Header(ulong first, ulong last)
    {
        var header = new byte[HeaderBytes];
        Magic.CopyTo(header);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(8), first);
        BinaryPrimitives.WriteUInt64LittleEndian(header.AsSpan(16), last);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(28), Crc32C.Of(header.AsSpan(0, 28)));
        return header;
    }

    public static bool TryReadHeader(ReadOnlySpan<byte> bytes, out ulong first, out ulong last)
    {
        (first, last) = (0, 0);
        if (bytes.Length < HeaderBytes || !bytes.StartsWith(Magic)) return false;
        first = BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]);
        last = BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]);
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes[28..]) == Crc32C.Of(bytes[..28]) && first <= last;
    }

    /// <summary>True where a whole commit stands at the start of <paramref name="bytes"/>; its length with its header.</summary>
    public static bool TryReadCommit(ReadOnlySpan<byte> bytes, out int length)
    {
        length = 0;
        if (bytes.Length < CommitHeaderBytes || !bytes.StartsWith(CommitMark)) return false;
        var records = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
        if (records is 0 or > MaxCommitBytes || records > bytes.Length - CommitHeaderBytes) return false;
        length = CommitHeaderBytes + (int)records;
        return BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]) == Checksum(bytes[..length]);
    }

    /// <summary>Fills in the header of a commit whose records stand in place.</summary>
    public static void SealCommit(Span<byte> commit)
    {
        CommitMark.CopyTo(commit);
        BinaryPrimitives.WriteUInt32LittleEndian(commit[4..], (uint)(commit.Length - CommitHeaderBytes));
        BinaryPrimitives.WriteUInt32LittleEndian(commit[8..], Checksum(commit));
    }

    private static uint Checksum(ReadOnlySpan<byte> commit) => Crc32C.Of(commit[CommitHeaderBytes..]) ^ (uint)(commit.Length * 0x9E3779B1L);
}
