namespace Notifier.Core.Log.Embedded;

/// <summary>Walks the commits of one segment.</summary>
internal ref struct SegmentScan(ReadOnlySpan<byte> segment)
{
    private readonly ReadOnlySpan<byte> _segment = segment;

    /// <summary>Where the next commit would begin: after the last one, the end of what is whole.</summary>
    public int Offset { get; private set; } = JournalFormat.HeaderBytes;

    /// <summary>Where the records of the current commit begin.</summary>
    public int RecordsStart { get; private set; }

    /// <summary>The records of the current commit.</summary>
    public ReadOnlySpan<byte> Records { get; private set; }

    public bool MoveNext()
    {
        if (!JournalFormat.TryReadCommit(_segment[Offset..], out var length)) return false;
        RecordsStart = Offset + JournalFormat.CommitHeaderBytes;
        Records = _segment.Slice(RecordsStart, length - JournalFormat.CommitHeaderBytes);
        Offset += length;
        return true;
    }

    /// <summary>What lies where the commits end.</summary>
    public readonly SegmentEnd End()
    {
        var rest = _segment[Offset..];
        if (!rest.ContainsAnyExcept((byte)0)) return SegmentEnd.Clean;
        for (var at = 1; at < rest.Length; at++)
        {
            var next = rest[at..].IndexOf(JournalFormat.CommitMark);
            if (next < 0) break;
            at += next;
            if (JournalFormat.TryReadCommit(rest[at..], out _)) return SegmentEnd.Damaged;
        }

        return SegmentEnd.Torn;
    }
}
