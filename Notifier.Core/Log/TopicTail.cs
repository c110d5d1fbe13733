using Notifier.Core.Events;
using Notifier.Core.Metrics;
using Notifier.Core.Settings;
using Notifier.Core.Topics;

namespace Notifier.Core.Log;

/// <summary>
/// The newest events of a followed topic, held once however many follow. The ring is an unbroken chain: its first event names the floor as the
/// one before it, each other names the one before it in the ring, and the last stands at the head.
/// </summary>
/// <remarks>
/// One lock guards ring and signals and is held for lines, never while the log is called. A wake-up tells a cursor to look, and carries nothing.
/// </remarks>
internal sealed class TopicTail : ILogFollower
{
    /// <summary>Signals kept for cursors that are busy; a cursor further behind misses the oldest, as who comes late does.</summary>
    private const int MaxSignals = 256;

    private readonly IEventLog _log;
    private readonly LogOptions _options;
    private readonly TimeProvider _time;
    private readonly TailBudget _budget;
    private readonly int _maxEvents;
    private readonly Func<TopicName, EphemeralEvent, bool>? _takesSignal;

    private readonly Lock _gate = new();
    private readonly EventRing _ring = new();
    private (long BeforeIndex, EphemeralEvent Event)[] _signals = [];
    private LogPosition _floor;
    private LogPosition _head;
    private long _signalCount;
    private long _ringBytes;
    private int _generation;
    private Task? _filling;
    private long _moves = 1;
    private EphemeralEvent? _newest;
    private int _newestIndex;

    private readonly FanOut _fanOut = new();

    public TopicTail(
        TopicName topic, IEventLog log, LogOptions options, TimeProvider time, TailBudget budget, Func<TopicName, EphemeralEvent, bool>? takesSignal = null)
    {
        Topic = topic;
        _log = log;
        _options = options;
        _time = time;
        _budget = budget;
        _takesSignal = takesSignal;

        // A ring that held more than the log would hide what retention drops.
        _maxEvents = Math.Min(options.TailEvents, options.MaxEventsPerTopic);
    }

    public TopicName Topic { get; }

    /// <summary>Subscriptions that read from here. Guarded, as the next two, by the lock of <see cref="Subscriptions"/>.</summary>
    public int Readers { get; set; }

    /// <summary>When the last reader left.</summary>
    public long IdleSince { get; set; }

    /// <summary>What ends the following; faulted where it could not begin.</summary>
    public Task<IAsyncDisposable>? Following { get; set; }

    public LogPosition Head
    {
        get
        {
            lock (_gate) return _head;
        }
    }

    /// <summary>Grows with whatever there may be to read, from 1 on.</summary>
    public long Moves => Volatile.Read(ref _moves);

    public void OnStarted(LogPosition head)
    {
        lock (_gate) Restart(head);
        WakeAll();
    }

    public void OnAppended(LoggedEvent logged)
    {
        lock (_gate)
        {
            // A link is missing: who stands before it finds in the log what became of it.
            if (logged.Predecessor != _head) Restart(logged.Predecessor);

            _ring.Add(logged);
            _head = logged.Position;
            Account(logged.SizeBytes);
            while (_ring.Count > _maxEvents || (_budget.IsSpent && _ring.Count > 1)) DropFirst();
        }

        NotifierTraces.Delivered(logged);
        WakeAll();
    }

    public void OnSignal(EphemeralEvent ephemeral)
    {
        if (_takesSignal?.Invoke(Topic, ephemeral) is not true) Tell(ephemeral);
    }

    /// <summary>Hands a signal to the cursors that are here now.</summary>
    public void Tell(EphemeralEvent ephemeral)
    {
        lock (_gate)
        {
            if (_signals.Length == 0) _signals = new (long, EphemeralEvent)[MaxSignals];
            _signals[_signalCount++ % MaxSignals] = (_ring.End, ephemeral);
        }

        WakeAll();
    }

    /// <summary>Hands a signal to the cursors in place of the one before it: who has not read that one yet gets the newest alone.</summary>
    public void TellNewest(EphemeralEvent ephemeral)
    {
        lock (_gate)
        {
            _newest = ephemeral;
            _newestIndex++;
        }

        WakeAll();
    }

    /// <summary>The next thing after <paramref name="cursor"/>, which moves past it where it is a signal; an event moves it by being handed out.</summary>
    public TailRead TryRead(TopicCursor cursor, out LoggedEvent? logged, out EphemeralEvent? signal)
    {
        (logged, signal) = (null, null);
        lock (_gate)
        {
            if (!Locate(cursor)) return TailRead.Elsewhere;

            if (cursor.NewestIndex != _newestIndex)
            {
                cursor.NewestIndex = _newestIndex;
                signal = _newest;
                return TailRead.Signal;
            }

            if (cursor.SignalIndex < _signalCount)
            {
                cursor.SignalIndex = Math.Max(cursor.SignalIndex, _signalCount - MaxSignals);
                var next = _signals[cursor.SignalIndex % MaxSignals];
                if (next.BeforeIndex <= cursor.Index)
                {
                    cursor.SignalIndex++;
                    signal = next.Event;
                    return TailRead.Signal;
                }
            }

            if (cursor.Index == _ring.End) return TailRead.Nothing;
            logged = _ring[cursor.Index];
            if (logged.Position < LogPosition.OfTime(_time.GetUtcNow() - _options.MaxAge)) return TailRead.Elsewhere;
            cursor.Index++;
            return TailRead.Event;
        }
    }

    /// <summary>True where the chain from <paramref name="position"/> on is known to be whole without a look at the log.</summary>
    public bool Covers(LogPosition position)
    {
        lock (_gate)
        {
            if (position == _head) return true;
            if (position < _floor || position > _head) return false;
            var index = _ring.IndexAfter(position);
            return index < _ring.End && _ring[index].Predecessor == position
                && _ring[index].Position >= LogPosition.OfTime(_time.GetUtcNow() - _options.MaxAge);
        }
    }

    /// <summary>Reads what the ring has room for from the log, once for all who come back at the same time.</summary>
    public Task FillAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource? mine = null;
        Task filling;
        lock (_gate)
        {
            if (_filling is null)
            {
                mine = new(TaskCreationOptions.RunContinuationsAsynchronously);
                _filling = mine.Task;
            }

            filling = _filling;
        }

        // The log takes locks of its own and calls followers under them, so it is never called under ours.
        if (mine is not null) _ = FillOnceAsync(mine);
        return filling.WaitAsync(cancellationToken);
    }

    public void Add(TopicCursor cursor)
    {
        lock (_gate) (cursor.SignalIndex, cursor.NewestIndex) = (_signalCount, _newestIndex);
        _fanOut.Add(cursor);
    }

    public void Remove(TopicCursor cursor) => _fanOut.Remove(cursor);

    /// <summary>Gives back what the tail holds of the budget; nobody reads from it any more.</summary>
    public void Release()
    {
        lock (_gate) Restart(_head);
    }

    private void WakeAll()
    {
        Interlocked.Increment(ref _moves);
        _fanOut.Begin();
    }

    private bool Locate(TopicCursor cursor)
    {
        if (cursor.Generation == _generation && cursor.Index >= _ring.Start) return true;
        if (cursor.Position < _floor) return false;

        // A cursor ahead of this tail is normal where another instance is faster; only the log can tell it from one of a lost log.
        if (cursor.Position > _head)
        {
            if (cursor.ConfirmedAheadOf != _head) return false;
            cursor.Index = _ring.End;
            return true;
        }

        cursor.Index = _ring.IndexAfter(cursor.Position);
        cursor.Generation = _generation;
        return true;
    }

    private async Task FillOnceAsync(TaskCompletionSource filled)
    {
        try
        {
            LogPosition floor;
            int generation, room;
            lock (_gate) (floor, generation, room) = (_floor, _generation, _maxEvents - _ring.Count);
            if (room <= 0) return;

            var page = await _log.ReadBackAsync(Topic, floor with { Sequence = floor.Sequence + 1 }, room, CancellationToken.None);
            lock (_gate)
            {
                if (generation != _generation || floor != _floor) return;
                for (var i = page.Events.Count - 1; i >= 0 && page.Events[i].Position == _floor; i--)
                {
                    if (_ring.Count >= _maxEvents || _budget.IsSpent) return;
                    _ring.AddBefore(page.Events[i]);
                    _floor = page.Events[i].Predecessor;
                    Account(page.Events[i].SizeBytes);
                }
            }
        }
        catch (LogUnavailableException)
        {
            // Whoever needs the ring filled reads the log next, and is told there.
            lock (_gate) _filling = null;
        }
        finally
        {
            filled.SetResult();
        }
    }

    private void Restart(LogPosition head)
    {
        _ring.Clear();
        Account(-_ringBytes);
        _floor = _head = head;
        _generation++;
        _filling = null;
    }

    private void DropFirst()
    {
        var dropped = _ring.RemoveFirst();
        _floor = dropped.Position;
        Account(-dropped.SizeBytes);
    }

    private void Account(long bytes)
    {
        _ringBytes += bytes;
        _budget.Add(bytes);
    }
}
