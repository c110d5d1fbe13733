using Notifier.Core.Events;

namespace Notifier.Core.Log;

/// <summary>
/// Consecutive events of one topic, oldest dropped first. Each keeps its index for as long as it is held, so that a reader can remember
/// where it stands by a number. Not thread-safe: its owner locks.
/// </summary>
internal sealed class EventRing
{
    private LoggedEvent?[] _slots = [];

    /// <summary>Index of the oldest event.</summary>
    public long Start { get; private set; }

    /// <summary>Index that the next event takes.</summary>
    public long End { get; private set; }

    public int Count => (int)(End - Start);

    public LoggedEvent First => this[Start];

    public LoggedEvent this[long index] => _slots[index & (_slots.Length - 1)]!;

    public void Add(LoggedEvent logged)
    {
        MakeRoom();
        _slots[End++ & (_slots.Length - 1)] = logged;
    }

    public void AddBefore(LoggedEvent logged)
    {
        MakeRoom();
        _slots[--Start & (_slots.Length - 1)] = logged;
    }

    public LoggedEvent RemoveFirst()
    {
        var first = First;
        _slots[Start++ & (_slots.Length - 1)] = null;
        return first;
    }

    public void Clear()
    {
        _slots = [];
        Start = End;
    }

    /// <summary>Index of the first event that stands after <paramref name="position"/>, or at it where that is <paramref name="included"/>.</summary>
    public long IndexAfter(LogPosition position, bool included = false)
    {
        var (low, high) = (Start, End);
        while (low < high)
        {
            var middle = low + ((high - low) / 2);
            var order = this[middle].Position.CompareTo(position);
            if (order > 0 || (included && order == 0)) high = middle;
            else low = middle + 1;
        }

        return low;
    }

    public LoggedEvent[] Copy(long from, long to)
    {
        if (from >= to) return [];
        var events = new LoggedEvent[to - from];
        for (var i = 0; i < events.Length; i++) events[i] = this[from + i];
        return events;
    }

    private void MakeRoom()
    {
        if (Count < _slots.Length) return;

        var grown = new LoggedEvent?[Math.Max(4, _slots.Length * 2)];
        for (var i = Start; i < End; i++) grown[i & (grown.Length - 1)] = this[i];
        _slots = grown;
    }
}
