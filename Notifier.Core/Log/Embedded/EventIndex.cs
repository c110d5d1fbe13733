using Notifier.Core.Events;

namespace Notifier.Core.Log.Embedded;

/// <summary>The retained events of one topic, oldest first. Not thread-safe: its owner locks.</summary>
internal sealed class EventIndex
{
    private const int MinSlots = 4;

    private EventEntry[] _slots = [];
    private long _start;
    private long _end;

    public int Count => (int)(_end - _start);

    public ref EventEntry this[int index] => ref _slots[(_start + index) & (_slots.Length - 1)];

    public void Add(in EventEntry entry)
    {
        if (Count == _slots.Length) Resize(Math.Max(MinSlots, _slots.Length * 2));
        _slots[_end++ & (_slots.Length - 1)] = entry;
    }

    public EventEntry RemoveFirst()
    {
        var first = this[0];
        _start++;
        if (Count == 0) _slots = [];
        else if (_slots.Length > MinSlots && Count <= _slots.Length / 4) Resize(_slots.Length / 2);
        return first;
    }

    /// <summary>Index of the first event after <paramref name="position"/>, or at it where that is <paramref name="included"/>.</summary>
    public int IndexAfter(LogPosition position, bool included = false)
    {
        var (low, high) = (0, Count);
        while (low < high)
        {
            var middle = low + ((high - low) / 2);
            var order = this[middle].Position.CompareTo(position);
            if (order > 0 || (included && order == 0)) high = middle;
            else low = middle + 1;
        }

        return low;
    }

    /// <summary>Index of the event at <paramref name="position"/>; -1 where it is not held.</summary>
    public int IndexOf(LogPosition position)
    {
        var index = IndexAfter(position, included: true);
        return index < Count && this[index].Position == position ? index : -1;
    }

    public EventEntry[] Copy(int from, int to)
    {
        if (from >= to) return [];
        var entries = new EventEntry[to - from];
        for (var i = 0; i < entries.Length; i++) entries[i] = this[from + i];
        return entries;
    }

    private void Resize(int length)
    {
        var slots = new EventEntry[length];
        for (var i = _start; i < _end; i++) slots[i & (length - 1)] = _slots[i & (_slots.Length - 1)];
        _slots = slots;
    }
}
