using System.Globalization;
using System.Text;
using Notifier.Core.Events;
using Notifier.Core.Topics;
using StackExchange.Redis;

namespace Notifier.Core.Log.Redis;

/// <summary>Events as they lie in a stream and as the bell tells them.</summary>
internal static class RedisEntry
{
    private const byte EventBell = (byte)'e';
    private const byte SignalBell = (byte)'s';

    public static LogPosition ParsePosition(RedisResult value) => ParsePosition((string?)value);

    /// <summary>An entry of a stream: its id, and its fields by name.</summary>
    public static LoggedEvent ParseEntry(TopicName topic, RedisResult entry)
    {
        var parts = (RedisResult[])entry!;
        var fields = (RedisValue[])parts[1]!;
        string type = "";
        byte[] body = [];
        LogPosition predecessor = default;
        var isBreak = false;
        string? traceParent = null;
        for (var i = 0; i + 1 < fields.Length; i += 2)
        {
            switch ((string?)fields[i])
            {
                case "t":
                    type = fields[i + 1]!;
                    break;
                case "b":
                    body = fields[i + 1]!;
                    break;
                case "p":
                    predecessor = ParsePosition((string?)fields[i + 1]);
                    break;
                case "k":
                    isBreak = true;
                    break;
                case "w":
                    traceParent = fields[i + 1];
                    break;
            }
        }

        return new(topic, ParsePosition(parts[0]), predecessor, new EventDraft(type, body, traceParent), isBreak);
    }

    /// <summary>What the publish script rings the bell with; null where it is a signal's, or nobody's.</summary>
    public static LoggedEvent? ParseBell(TopicName topic, ReadOnlyMemory<byte> bell)
    {
        var end = bell.Span.IndexOf((byte)'\n');
        if (end < 0 || bell.Span[0] != EventBell) return null;
        var head = Encoding.ASCII.GetString(bell.Span[1..end]).Split(' ');
        return head.Length is 4 or 5 && LogPosition.TryParse(head[0], out var position) && LogPosition.TryParse(head[1], out var predecessor)
            ? new(topic, position, predecessor, new EventDraft(head[3], bell[(end + 1)..], head.Length == 5 ? head[4] : null), head[2] == "1")
            : null;
    }

    private static LogPosition ParsePosition(string? value) =>
        LogPosition.TryParse(value, out var position) ? position : throw new FormatException($"'{value}' is no id of a stream's entry.");

    public static byte[] FormatSignal(EphemeralEvent ephemeral)
    {
        var head = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{(char)SignalBell}{ephemeral.Type}\n"));
        return [.. head, .. ephemeral.Frame.Whole.Span];
    }

    public static EphemeralEvent? ParseSignal(ReadOnlyMemory<byte> bell)
    {
        var end = bell.Span.IndexOf((byte)'\n');
        return end > 0 && bell.Span[0] == SignalBell ? new(Encoding.ASCII.GetString(bell.Span[1..end]), SseFrame.FromBytes(bell[(end + 1)..].ToArray())) : null;
    }
}
