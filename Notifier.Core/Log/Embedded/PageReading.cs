using System.Buffers;
using Notifier.Core.Events;

namespace Notifier.Core.Log.Embedded;

/// <summary>Reads events from their segments, neighbours in one go.</summary>
internal static class PageReading
{
    /// <summary>Bytes between two records that are cheaper read than skipped.</summary>
    private const int MaxHole = 8 << 10;

    /// <summary>Bytes that are read at once.</summary>
    private const int MaxRead = 256 << 10;

    /// <param name="topic">Whose events.</param>
    /// <param name="entries">Where they lie.</param>
    /// <param name="after">Where the reader stands.</param>
    /// <param name="leased">The segments that the entries name, held open by whoever asks.</param>
    /// <param name="watch">Who is told of a damaged record.</param>
    /// <exception cref="LogUnavailableException">A record is damaged.</exception>
    public static LoggedEvent[] Read(JournalTopic topic, EventEntry[] entries, LogPosition after, List<Segment> leased, IJournalWatch watch)
    {
        var events = new LoggedEvent[entries.Length];
        for (var i = 0; i < entries.Length;)
        {
            var end = i + 1;
            while (end < entries.Length && IsNear(entries[i], entries[end - 1], entries[end])) end++;
            var (slot, start) = (entries[i].Slot, entries[i].Offset);
            var buffer = ArrayPool<byte>.Shared.Rent((int)(entries[end - 1].Offset + entries[end - 1].Length - start));
            try
            {
                var segment = leased.Find(s => s.Slot == slot)!;
                var read = buffer.AsMemory(0, (int)(entries[end - 1].Offset + entries[end - 1].Length - start));
                Fill(segment, read.Span, start);
                for (; i < end; i++)
                {
                    events[i] = Parse(topic, entries[i], after, read.Slice((int)(entries[i].Offset - start), (int)entries[i].Length)) ?? throw Damaged(segment, entries[i], watch);
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }

        return events;
    }

    private static bool IsNear(in EventEntry first, in EventEntry before, in EventEntry next) =>
        next.Slot == first.Slot && next.Offset >= before.Offset && next.Offset - (before.Offset + before.Length) <= MaxHole && next.Offset + next.Length - first.Offset <= MaxRead;

    private static void Fill(Segment segment, Span<byte> buffer, long offset)
    {
        try
        {
            for (var read = 0; read < buffer.Length;)
            {
                var some = RandomAccess.Read(segment.File, buffer[read..], offset + read);
                if (some == 0) break;
                read += some;
            }
        }
        catch (IOException e)
        {
            throw new LogUnavailableException("The embedded log cannot be read.", e);
        }
    }

    private static LoggedEvent? Parse(JournalTopic topic, in EventEntry entry, LogPosition after, ReadOnlyMemory<byte> bytes)
    {
        if (!JournalRecord.TryRead(bytes.Span, isChecked: false, out var record) || !record.IsEvent || record.Position != entry.Position) return null;

        // Nothing was ever stored before the topic's first event, so who starts at 0-0 has missed nothing.
        var predecessor = after == LogPosition.Zero && record.Marks.HasFlag(EventMarks.First) ? LogPosition.Zero : record.Predecessor;
        var draft = new EventDraft(record.EventType, bytes[record.BodyStart..record.Length], record.TraceParent);
        return new(topic.Name, record.Position, predecessor, draft, record.Marks.HasFlag(EventMarks.Break));
    }

    private static LogUnavailableException Damaged(Segment segment, in EventEntry entry, IJournalWatch watch)
    {
        watch.OnDamageRead(segment.Path, entry.Offset);
        return new("A record of the embedded log is damaged.");
    }
}
