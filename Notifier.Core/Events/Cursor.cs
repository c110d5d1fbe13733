using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using Notifier.Core.Topics;

namespace Notifier.Core.Events;

/// <summary>
/// The positions of several topics as one opaque SSE id: a letter, then base64url of 48 bits of each topic's SHA-256 and its position
/// as two varints. Four topics of today's clock take 71 bytes; ids over 128 would cost a cross-origin page a preflight.
/// </summary>
public sealed class Cursor
{
    /// <summary>The letter that every written cursor begins with, which tells it from a bare position.</summary>
    public const byte Letter = (byte)'p';

    /// <summary>Longest written form that is read, in characters; 64 topics take about 1,200, and the most that a stream may be allowed 4,800.</summary>
    public const int MaxLength = 8192;

    private const int FingerprintBytes = 6;
    private const int MaxVarintBytes = 10;

    private readonly Dictionary<long, LogPosition> _positions;

    private Cursor(Dictionary<long, LogPosition> positions) => _positions = positions;

    /// <summary>Most bytes that the written form of <paramref name="topics"/> topics takes.</summary>
    public static int MaxEncodedLength(int topics) => 1 + Base64Url.GetEncodedLength(topics * (FingerprintBytes + (2 * MaxVarintBytes)));

    /// <summary>Writes the positions; returns the bytes written. The destination holds <see cref="MaxEncodedLength"/>.</summary>
    public static int Encode(ReadOnlySpan<(TopicName Topic, LogPosition Position)> positions, Span<byte> destination)
    {
        var maxBytes = positions.Length * (FingerprintBytes + (2 * MaxVarintBytes));
        Span<byte> bytes = maxBytes <= 512 ? stackalloc byte[512] : new byte[maxBytes];
        var length = 0;
        foreach (var (topic, position) in positions)
        {
            for (var shift = 40; shift >= 0; shift -= 8) bytes[length++] = (byte)(topic.Fingerprint >> shift);
            length += WriteVarint(bytes[length..], position.Milliseconds);
            length += WriteVarint(bytes[length..], position.Sequence);
        }

        destination[0] = Letter;
        return 1 + Base64Url.EncodeToUtf8(bytes[..length], destination[1..]);
    }

    /// <summary>Reads a written cursor; false for anything that <see cref="Encode"/> does not write.</summary>
    public static bool TryParse(ReadOnlySpan<char> value, [NotNullWhen(true)] out Cursor? cursor)
    {
        cursor = null;
        if (value.Length is < 2 or > MaxLength || value[0] != (char)Letter || !Base64Url.IsValid(value[1..])) return false;

        // The decoder passes over blanks, which no cursor of ours holds.
        if (value.ContainsAny(" \t\r\n=")) return false;

        ReadOnlySpan<byte> bytes = Base64Url.DecodeFromChars(value[1..]);
        var positions = new Dictionary<long, LogPosition>();
        while (!bytes.IsEmpty)
        {
            if (bytes.Length <= FingerprintBytes) return false;
            var fingerprint = 0L;
            foreach (var b in bytes[..FingerprintBytes]) fingerprint = (fingerprint << 8) | b;
            bytes = bytes[FingerprintBytes..];
            if (!TryReadVarint(ref bytes, out var milliseconds) || !TryReadVarint(ref bytes, out var sequence)) return false;
            if (!positions.TryAdd(fingerprint, new(milliseconds, sequence))) return false;
        }

        cursor = new(positions);
        return true;
    }

    /// <summary>The position in <paramref name="topic"/>; false where the cursor does not know the topic.</summary>
    public bool TryGetPosition(TopicName topic, out LogPosition position) => _positions.TryGetValue(topic.Fingerprint, out position);

    private static int WriteVarint(Span<byte> destination, ulong value)
    {
        var length = 0;
        for (; value >= 0x80; value >>= 7) destination[length++] = (byte)(value | 0x80);
        destination[length++] = (byte)value;
        return length;
    }

    private static bool TryReadVarint(ref ReadOnlySpan<byte> bytes, out ulong value)
    {
        value = 0;
        for (var i = 0; i < MaxVarintBytes && i < bytes.Length; i++)
        {
            var b = bytes[i];
            if (i == MaxVarintBytes - 1 && b > 1) return false;
            value |= (ulong)(b & 0x7f) << (7 * i);
            if (b >= 0x80) continue;
            bytes = bytes[(i + 1)..];
            return true;
        }

        return false;
    }
}
