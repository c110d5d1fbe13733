namespace Notifier.Core.Log.Embedded;

/// <summary>Segments by the number that the index names them by. A number is given again only after nothing names it.</summary>
internal sealed class SegmentTable
{
    private readonly Lock _gate = new();
    private readonly Stack<uint> _free = [];
    private Segment?[] _segments = new Segment?[16];
    private uint _next;

    public Segment this[uint slot] => Volatile.Read(ref _segments)[slot]!;

    public void Add(Segment segment)
    {
        lock (_gate)
        {
            if (!_free.TryPop(out var slot)) slot = _next++;
            if (slot >= _segments.Length)
            {
                var grown = _segments;
                Array.Resize(ref grown, grown.Length * 2);
                Volatile.Write(ref _segments, grown);
            }

            segment.Slot = slot;
            _segments[slot] = segment;
        }
    }

    /// <summary>Accounts for records that came to be needed, or ceased to; those of a segment that is gone count no more.</summary>
    public void AddLive(uint slot, long bytes) => Volatile.Read(ref _segments)[slot]?.AddLive(bytes);

    public void Remove(Segment segment)
    {
        lock (_gate)
        {
            _segments[segment.Slot] = null;
            _free.Push(segment.Slot);
        }

        segment.Retire();
    }

    /// <summary>Closes every file.</summary>
    public void Close()
    {
        lock (_gate)
        {
            foreach (var segment in _segments) segment?.Retire();
        }
    }
}
