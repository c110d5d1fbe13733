using System.Text;
using Notifier.Core.Events;

namespace Notifier.Core.Log.Embedded;

/// <summary>
/// Writes what is still needed of some neighbouring segments into one, which takes their place in one step. The order of records stays, so a start reads
/// the same from the new one as from the old; a cut at any moment leaves the one or the other.
/// </summary>
internal sealed class Rewriting(SegmentSet segments, JournalTopics topics, KeptState state, IJournalWatch watch)
{
    private const int CommitBytes = 256 << 10;

    private readonly RecordWriter _writer = new();
    private bool _hasEvents;
    private readonly List<(JournalTopic Topic, uint From, LogPosition Position, uint Offset, int Length)> _positions = [];
    private readonly List<(StateSpace Space, string Key, uint From, uint FromOffset, uint Offset)> _values = [];

    /// <param name="run">Neighbours, none of them the one that is written.</param>
    /// <param name="dropsEvents">Leaves their events behind, retained or not.</param>
    /// <returns>False where one of them cannot be read: it is marked so, the operator is told, and all stay as they are.</returns>
    public bool Run(IReadOnlyList<Segment> run, bool dropsEvents)
    {
        _positions.Clear();
        _values.Clear();
        _hasEvents = false;
        var (first, last) = (run[0].First, run[^1].Last);
        _writer.Clear();
        _writer.Write(JournalFormat.Header(first, last));
        _writer.BeginCommit();
        foreach (var segment in run)
        {
            if (!Copy(segment, dropsEvents)) return false;
        }

        var isBare = _writer.IsEmpty && _positions.Count == 0 && _values.Count == 0;
        _writer.EndCommit();

        // Without the oldest nobody misses its number; one between others leaves a header that says which numbers it stood for.
        if (isBare && ReferenceEquals(segments.Sealed[0], run[0]))
        {
            segments.Replace(run, by: null);
            foreach (var old in run)
            {
                segments.Folder.Delete(old.First);
                segments.Table.Remove(old);
            }

            return true;
        }

        var file = segments.Folder.CreateTemporary(first);
        try
        {
            segments.Disk.Write(file, _writer.Written, 0);
            segments.Disk.Flush(file);
            segments.Folder.Install(first);
        }
        catch
        {
            file.Dispose();
            throw;
        }

        var merged = new Segment(segments.Folder.Path, first, last, file) { Length = _writer.Length, HasEvents = _hasEvents };
        segments.Table.Add(merged);
        foreach (var (topic, from, position, offset, length) in _positions)
        {
            lock (topic.Gate) topic.Move(from, position, merged, offset, length);
        }

        foreach (var (space, key, from, fromOffset, offset) in _values) state.Move(space, key, (from, fromOffset), merged, offset);
        segments.Replace(run, merged);
        foreach (var old in run)
        {
            if (old.First != first) segments.Folder.Delete(old.First);
            segments.Table.Remove(old);
        }

        _writer.Clear();
        return true;
    }

    private bool Copy(Segment segment, bool dropsEvents)
    {
        // All of it before anything is dropped: what lies behind a damage is not known.
        if (Read(segment) is not { } bytes) return false;
        var scan = new SegmentScan(bytes);
        while (scan.MoveNext())
        {
            var at = (uint)scan.RecordsStart;
            for (var rest = scan.Records; rest.Length > 0;)
            {
                if (!JournalRecord.TryRead(rest, isChecked: true, out var record)) break;
                Copy(segment, at, record, rest[..record.Length], dropsEvents);
                at += (uint)record.Length;
                rest = rest[record.Length..];
            }

            if (_writer.CommitBytes < CommitBytes) continue;
            _writer.EndCommit();
            _writer.BeginCommit();
        }

        return true;
    }

    /// <summary>The segment's bytes, all of them commits; null where they are not.</summary>
    private byte[]? Read(Segment segment)
    {
        var bytes = new byte[segment.Length];
        var read = 0;
        try
        {
            while (read < bytes.Length && RandomAccess.Read(segment.File, bytes.AsSpan(read), read) is > 0 and var some) read += some;
        }
        catch (IOException)
        {
            // As if it ended here.
        }

        var scan = new SegmentScan(bytes.AsSpan(0, read));
        while (scan.MoveNext())
        {
            // Only whether it can.
        }

        if (scan.Offset == bytes.Length) return bytes;
        segment.IsSpoilt = true;
        watch.OnDamageRead(segment.Path, scan.Offset);
        return null;
    }

    private void Copy(Segment segment, uint at, in JournalRecord record, ReadOnlySpan<byte> bytes, bool dropsEvents)
    {
        if (record.Kind == RecordKind.State)
        {
            var key = Encoding.UTF8.GetString(record.Name);
            if (state.IsLive(record.Space, key, segment.Slot, at)) _values.Add((record.Space, key, segment.Slot, at, (uint)_writer.Copy(bytes)));
            return;
        }

        if (topics.Find(record.Name) is not { } topic) return;
        var position = record.Position;
        bool isRetained, isHead;
        lock (topic.Gate)
        {
            if (dropsEvents && record.IsEvent) topic.DropThrough(position);
            var index = topic.Events.IndexOf(position);
            isRetained = index >= 0 && topic.Events[index].Slot == segment.Slot;
            isHead = topic.IsKnown && topic.HeadPlace == (segment.Slot, at) && topic.Head == position;
        }

        _hasEvents |= isRetained;
        if (isRetained) _positions.Add((topic, segment.Slot, position, (uint)_writer.Copy(bytes), record.Length));
        else if (isHead) _positions.Add((topic, segment.Slot, position, (uint)_writer.AddHead(topic.Name.Value, position), 0));
    }
}
