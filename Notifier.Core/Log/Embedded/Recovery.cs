using System.Text;
using Notifier.Core.Events;
using Notifier.Core.Settings;

namespace Notifier.Core.Log.Embedded;

/// <summary>Reads a journal's segments from the first to the last, and rebuilds what memory holds of them.</summary>
internal sealed class Recovery(SegmentSet segments, JournalTopics topics, KeptState state, LogOptions options, bool isRepair)
{
    private const int ReadBytes = 4 << 20;

    private readonly List<string> _setAside = [];
    private long _lastCommit;
    private byte[] _buffer = [];

    /// <summary>Bytes of the torn tail that were cut.</summary>
    public long CutBytes { get; private set; }

    /// <summary>Bytes that were read.</summary>
    public long Bytes { get; private set; }

    public int Segments { get; private set; }

    /// <summary>Files that were set aside.</summary>
    public IReadOnlyList<string> SetAside => _setAside;

    /// <exception cref="JournalException">The journal is damaged.</exception>
    public void Run()
    {
        var numbers = segments.Folder.Numbers();
        var next = (ulong?)null;
        for (var i = 0; i < numbers.Count; i++)
        {
            var number = numbers[i];
            if (next is { } expected && number < expected)
            {
                // Its records are in the one before it: a merge was cut short before it deleted what it had merged. One that reaches further is nobody's copy.
                if (ReachesTo(number, expected))
                {
                    Damaged(numbers.Skip(i), segments.Folder.PathOf(number), 0, "overlaps the one before it");
                    return;
                }

                segments.Folder.Delete(number);
                continue;
            }

            if (next is { } awaited && number != awaited)
            {
                Damaged(numbers.Skip(i), segments.Folder.PathOf(awaited), 0, "is missing");
                return;
            }

            var file = segments.Folder.OpenSegment(number);
            var bytes = Read(file);
            if (!JournalFormat.TryReadHeader(bytes.Span, out var first, out var last) || first != number)
            {
                file.Dispose();
                if (i < numbers.Count - 1 || bytes.Span.IndexOf(JournalFormat.CommitMark) >= 0)
                {
                    Damaged(numbers.Skip(i), segments.Folder.PathOf(number), 0, "has no valid header");
                    return;
                }

                // It was being begun, and nothing was ever written to it.
                segments.Folder.Delete(number);
                CutBytes += bytes.Length;
                return;
            }

            var segment = new Segment(segments.Folder.Path, first, last, file);
            segments.Table.Add(segment);
            var end = Load(segment, bytes.Span);
            segments.Load(segment);
            Segments++;
            Bytes += segment.Length;
            if (end == SegmentEnd.Damaged || (end == SegmentEnd.Torn && i < numbers.Count - 1))
            {
                Damaged(numbers.Skip(i), segment.Path, segment.Length, "holds a damaged record");
                return;
            }

            if (end == SegmentEnd.Torn) Cut(segment, bytes.Span);
            if (i == numbers.Count - 1) MakeDurable(segment, bytes);
            next = last + 1;
        }
    }

    private bool ReachesTo(ulong number, ulong end)
    {
        using var file = segments.Folder.OpenSegment(number);
        var header = new byte[JournalFormat.HeaderBytes];
        return RandomAccess.Read(file, header, 0) == header.Length && JournalFormat.TryReadHeader(header, out _, out var last) && last >= end;
    }

    private ReadOnlyMemory<byte> Read(Microsoft.Win32.SafeHandles.SafeFileHandle file)
    {
        var length = (int)Math.Min(RandomAccess.GetLength(file), Array.MaxLength);
        if (_buffer.Length < length) _buffer = GC.AllocateUninitializedArray<byte>(length);
        var read = 0;
        while (read < length)
        {
            var some = RandomAccess.Read(file, _buffer.AsSpan(read, Math.Min(ReadBytes, length - read)), read);
            if (some == 0) break;
            read += some;
        }

        return _buffer.AsMemory(0, read);
    }

    private SegmentEnd Load(Segment segment, ReadOnlySpan<byte> bytes)
    {
        var scan = new SegmentScan(bytes);
        _lastCommit = segment.Length = scan.Offset;
        while (scan.MoveNext())
        {
            var at = scan.RecordsStart;
            for (var rest = scan.Records; rest.Length > 0;)
            {
                // The commit's checksum covers it. What is whole and no record all the same was written by another version.
                if (!JournalRecord.TryRead(rest, isChecked: true, out var record))
                    throw new JournalException($"The embedded log is of another version: segment {segment.Path} holds a record at offset {at} that this one does not know. Nothing was changed.");
                Apply(segment, (uint)at, record);
                at += record.Length;
                rest = rest[record.Length..];
            }

            (_lastCommit, segment.Length) = (segment.Length, scan.Offset);
        }

        return scan.End();
    }

    private void Apply(Segment segment, uint offset, in JournalRecord record)
    {
        switch (record.Kind)
        {
            case RecordKind.Event or RecordKind.TracedEvent:
                segment.HasEvents = true;
                var topic = topics.FindOrAdd(record.Name);
                var position = record.Position;
                if (topic.IsKnown && position <= topic.Head) return;
                topic.Add(position, segment.Slot, offset, record.Length);
                topic.Trim(options.MaxEventsPerTopic, LogPosition.Zero);
                break;
            case RecordKind.Head:
                topics.FindOrAdd(record.Name).SetHead(record.Position, segment.Slot, offset);
                break;
            default:
                state.Set(record.Space, Encoding.UTF8.GetString(record.Name), new(record.Value.ToArray(), record.ExpiresMs, segment.Slot, offset, record.Length));
                break;
        }
    }

    /// <summary>
    /// What was read may have come from the page cache alone, where the one before was killed ahead of its sync, or failed in it: the last commit is
    /// written again and synced before anybody sees it. Those before it were synced before it was begun.
    /// </summary>
    private void MakeDurable(Segment segment, ReadOnlyMemory<byte> bytes)
    {
        if (_lastCommit < segment.Length) segments.Disk.Write(segment.File, bytes[(int)_lastCommit..(int)segment.Length], _lastCommit);
        segments.Disk.Flush(segment.File);
    }

    private void Cut(Segment segment, ReadOnlySpan<byte> bytes)
    {
        CutBytes += bytes[(int)segment.Length..].LastIndexOfAnyExcept((byte)0) + 1;
        segments.Disk.SetLength(segment.File, segment.Length);
        segments.Disk.Flush(segment.File);
    }

    /// <summary>Refuses the start; or, asked to repair, keeps what stands before the damage and sets the rest aside.</summary>
    private void Damaged(IEnumerable<ulong> fromHere, string path, long offset, string what)
    {
        if (!isRepair)
        {
            throw new JournalException(
                $"The embedded log is damaged: segment {path} {what} at offset {offset}. Nothing was changed. Restore the folder from a backup, or start once with --repair, " +
                $"which keeps everything before that place and sets the rest aside.");
        }

        // From the newest down, and the damaged one copied before it is cut, so that a repair that is cut short can be repeated.
        var numbers = fromHere.ToArray();
        foreach (var number in numbers.Skip(1).Reverse()) _setAside.Add(segments.Folder.MoveAside(number));
        if (path != segments.Folder.PathOf(numbers[0]) || offset < JournalFormat.HeaderBytes)
        {
            _setAside.Add(segments.Folder.MoveAside(numbers[0]));
            return;
        }

        _setAside.Add(segments.Folder.CopyAside(numbers[0]));
        segments.Disk.SetLength(segments.Active.File, offset);
        segments.Disk.Flush(segments.Active.File);
    }
}
