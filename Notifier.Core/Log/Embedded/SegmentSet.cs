namespace Notifier.Core.Log.Embedded;

/// <summary>The segments of a journal, oldest first; the last one is written, the others never change but as a whole.</summary>
internal sealed class SegmentSet(JournalFolder folder, SegmentTable table, JournalDisk disk, long maxBytes)
{
    private const long MinSegmentBytes = 64 << 10;
    private const long UsualSegmentBytes = 32 << 20;
    private const long MaxSegmentBytes = 1 << 30;

    private readonly Lock _gate = new();
    private readonly List<Segment> _sealed = [];

    /// <summary>A sixteenth of the journal, so that dropping one is a small step; larger ones where there would be thousands of files.</summary>
    public long SegmentBytes { get; } = Math.Clamp(Math.Max(Math.Min(maxBytes / 16, UsualSegmentBytes), maxBytes / 1024), MinSegmentBytes, MaxSegmentBytes);

    public JournalFolder Folder => folder;

    public SegmentTable Table => table;

    public JournalDisk Disk => disk;

    /// <summary>The one that is written.</summary>
    public Segment Active { get; private set; } = null!;

    /// <summary>Bytes up to which segments are kept: room is left for the one that is written, and for one that is rewritten.</summary>
    public long SealedLimit => maxBytes - (3 * SegmentBytes);

    /// <summary>Bytes of all segments but the one that is written.</summary>
    public long SealedBytes
    {
        get
        {
            lock (_gate) return _sealed.Sum(segment => segment.Length);
        }
    }

    public Segment[] Sealed
    {
        get
        {
            lock (_gate) return [.. _sealed];
        }
    }

    /// <summary>A segment that was there at the start; the last one is written on.</summary>
    public void Load(Segment segment)
    {
        if (Active is { } before) _sealed.Add(before);
        Active = segment;
    }

    /// <summary>Begins a new segment; nothing has changed where it throws.</summary>
    public void Roll()
    {
        var number = Active is { } before ? before.Last + 1 : 1;
        var file = folder.CreateSegment(number);
        try
        {
            disk.Write(file, JournalFormat.Header(number, number), 0);
            disk.SetLength(file, SegmentBytes);
            disk.Flush(file);
            folder.Flush();
            if (Active is { } full) disk.SetLength(full.File, full.Length);
        }
        catch
        {
            file.Dispose();
            File.Delete(folder.PathOf(number));
            throw;
        }

        var segment = new Segment(folder.Path, number, number, file) { Length = JournalFormat.HeaderBytes };
        table.Add(segment);
        lock (_gate) Load(segment);
    }

    /// <summary>Puts one segment in the place of several; null where nothing of them is left.</summary>
    public void Replace(IReadOnlyList<Segment> old, Segment? by)
    {
        lock (_gate)
        {
            var at = _sealed.IndexOf(old[0]);
            _sealed.RemoveRange(at, old.Count);
            if (by is not null) _sealed.Insert(at, by);
        }
    }

    /// <summary>Gives back the room that was taken ahead of writes.</summary>
    public void Close()
    {
        try
        {
            disk.SetLength(Active.File, Active.Length);
        }
        catch (IOException)
        {
            // The next start passes over the zeros as well.
        }
    }
}
