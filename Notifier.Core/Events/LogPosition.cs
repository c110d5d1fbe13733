using System.Buffers.Text;
using System.Globalization;

namespace Notifier.Core.Events;

/// <summary>
/// Where an event stands in its topic's log: <c>&lt;milliseconds&gt;-&lt;sequence&gt;</c>, the format and the order of the ids of a
/// Redis stream (https://redis.io/docs/latest/develop/data-types/streams/#entry-ids).
/// </summary>
public readonly record struct LogPosition(ulong Milliseconds, ulong Sequence) : IComparable<LogPosition>, IUtf8SpanFormattable
{
    /// <summary>Longest written form, in characters: two 64-bit numbers and the dash.</summary>
    public const int MaxLength = 41;

    /// <summary>Before every event: <c>0-0</c>.</summary>
    public static LogPosition Zero => default;

    /// <summary>The moment that the position's milliseconds name.</summary>
    public DateTimeOffset At => DateTimeOffset.FromUnixTimeMilliseconds((long)Math.Min(Milliseconds, (ulong)DateTimeOffset.MaxValue.ToUnixTimeMilliseconds()));

    public static bool operator <(LogPosition left, LogPosition right) => left.CompareTo(right) < 0;

    public static bool operator >(LogPosition left, LogPosition right) => left.CompareTo(right) > 0;

    public static bool operator <=(LogPosition left, LogPosition right) => left.CompareTo(right) <= 0;

    public static bool operator >=(LogPosition left, LogPosition right) => left.CompareTo(right) >= 0;

    /// <summary>The first position of a moment; that of 1970 for any moment before it.</summary>
    public static LogPosition OfTime(DateTimeOffset at) => new((ulong)Math.Max(0, at.ToUnixTimeMilliseconds()), 0);

    /// <summary>The position that an event takes which is stored now, after <paramref name="head"/>.</summary>
    public static LogPosition Next(LogPosition head, DateTimeOffset now)
    {
        var position = OfTime(now);

        // A clock that steps back must not reorder the log.
        if (position > head) return position;
        return head.Sequence < ulong.MaxValue ? head with { Sequence = head.Sequence + 1 } : new(head.Milliseconds + 1, 0);
    }

    /// <summary>Reads the written form; digits alone, no sign, no blank.</summary>
    public static bool TryParse(ReadOnlySpan<char> value, out LogPosition position)
    {
        var dash = value.IndexOf('-');
        if (dash > 0
            && ulong.TryParse(value[..dash], NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
            && ulong.TryParse(value[(dash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var sequence))
        {
            position = new(milliseconds, sequence);
            return true;
        }

        position = default;
        return false;
    }

    /// <inheritdoc/>
    public int CompareTo(LogPosition other) =>
        Milliseconds != other.Milliseconds ? Milliseconds.CompareTo(other.Milliseconds) : Sequence.CompareTo(other.Sequence);

    /// <inheritdoc cref="TryFormat(Span{byte}, out int, ReadOnlySpan{char}, IFormatProvider?)"/>
    public bool TryFormat(Span<byte> utf8Destination, out int bytesWritten) => TryFormat(utf8Destination, out bytesWritten, default, null);

    /// <summary>Writes the written form; false where <paramref name="utf8Destination"/> is too short.</summary>
    public bool TryFormat(Span<byte> utf8Destination, out int bytesWritten, ReadOnlySpan<char> format, IFormatProvider? provider)
    {
        bytesWritten = 0;
        if (!Utf8Formatter.TryFormat(Milliseconds, utf8Destination, out var head) || head == utf8Destination.Length) return false;
        utf8Destination[head] = (byte)'-';
        if (!Utf8Formatter.TryFormat(Sequence, utf8Destination[(head + 1)..], out var tail)) return false;
        bytesWritten = head + 1 + tail;
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Milliseconds}-{Sequence}");
}
