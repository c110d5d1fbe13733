using Notifier.Core.Events;
using Notifier.Core.Topics;

namespace Notifier.Core.Log;

/// <summary>
/// A cursor on each of some topics. Replay and live are the same read: what lies after the cursor; where nothing does, wait until a head moves.
/// It buffers nothing but the page it reads while it is behind.
/// </summary>
/// <remarks>One reader at a time; <see cref="Wake"/> and <see cref="Dispose"/> may come from anywhere.</remarks>
public sealed class Subscription : IDisposable
{
    /// <summary>Events read from the log at a time by a cursor that is further back than its tail.</summary>
    private const int PageEvents = 128;

    private static readonly TimeSpan StoreRetryDelay = TimeSpan.FromSeconds(1);

    private readonly Subscriptions _owner;
    private readonly IEventLog _log;
    private readonly TimeProvider _time;
    private readonly TopicCursor[] _cursors;
    private readonly TopicMerge? _merge;
    private readonly WakeSignal _signal = new();
    private int _isDisposed;

    internal Subscription(Subscriptions owner, IEventLog log, TimeProvider time, IReadOnlyList<TopicTail> tails)
    {
        _owner = owner;
        _log = log;
        _time = time;
        _cursors = [.. tails.Select(tail => new TopicCursor(this, tail))];
        _merge = _cursors.Length > 1 ? new(_cursors) : null;
        foreach (var cursor in _cursors) cursor.Tail.Add(cursor);
    }

    /// <summary>How many topics it carries.</summary>
    public int TopicCount => _cursors.Length;

    /// <summary>True where every topic that was given a position goes on from it without a gap.</summary>
    public bool IsResumed { get; private set; } = true;

    /// <summary>True where the last read of the log failed, and the next one has not begun.</summary>
    public bool IsStoreAway { get; private set; }

    /// <summary>True where the next event has to be read from the log first, by <see cref="WaitAsync"/>.</summary>
    public bool IsBehind => Array.Exists(_cursors, static cursor => cursor.IsElsewhere);

    internal IEnumerable<TopicCursor> Cursors => _cursors;

    /// <summary>Topic and position of the cursor number <paramref name="index"/>, in the order in which the topics were given.</summary>
    public (TopicName Topic, LogPosition Position) this[int index] => (_cursors[index].Topic, _cursors[index].Position);

    /// <summary>True where <paramref name="topic"/> is one of its topics.</summary>
    public bool Carries(TopicName topic) => Array.Exists(_cursors, cursor => cursor.Topic.Equals(topic));

    /// <summary>Hands out the next thing that is at hand, and moves past it; false: <see cref="WaitAsync"/>.</summary>
    public bool TryRead(out Delivery delivery)
    {
        if (_merge is not null) return _merge.TryRead(out delivery);
        if (!TryTake(_cursors[0], out delivery)) return false;
        _cursors[0].MovePast(delivery);
        return true;
    }

    /// <summary>Waits until there may be something to read, or until <see cref="Wake"/>. While the store is away it goes on trying.</summary>
    public ValueTask WaitAsync() => IsBehind ? new(ReadPagesAsync()) : _signal.WaitAsync();

    /// <summary>Ends a wait, the one under way or the next.</summary>
    public void Wake() => _signal.Set(runsReaderHere: false);

    /// <summary>Ends a wait as <see cref="Wake"/> does, and lets the reader go on within this call until it waits again.</summary>
    internal void Run() => _signal.Set(runsReaderHere: true);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0) _owner.Close(this);
    }

    internal async Task OpenAsync(IReadOnlyList<StartPoint> starts, CancellationToken cancellationToken)
    {
        for (var i = 0; i < _cursors.Length; i++)
        {
            var (cursor, start) = (_cursors[i], starts[i]);
            cursor.Position = start.After ?? await ResolveAsync(cursor, start, cancellationToken);
            if (cursor.Tail.Covers(cursor.Position)) continue;

            await ReadPageAsync(cursor, cancellationToken);
            if (!cursor.Page.IsEmpty) FindsGap(cursor, cursor.Page.Span[0]);
            if (cursor.PendingGap is not { } gap) continue;

            if (start.After is not null)
            {
                IsResumed = false;
                continue;
            }

            // Retention was faster than the look for the start: who asked for no position in particular has missed none.
            cursor.Position = gap.Resume;
            cursor.PendingGap = null;
        }
    }

    /// <summary>Takes the next thing that is at hand in one topic. To hand it out moves the cursor: <see cref="TopicCursor.MovePast"/>, before the next is taken.</summary>
    internal static bool TryTake(TopicCursor cursor, out Delivery delivery)
    {
        while (!cursor.IsElsewhere)
        {
            if (cursor.PendingGap is { } gap)
            {
                cursor.PendingGap = null;
                delivery = new(gap);
                return true;
            }

            if (!cursor.Page.IsEmpty)
            {
                var next = cursor.Page.Span[0];
                if (FindsGap(cursor, next)) continue;
                cursor.Page = cursor.Page.Length > 1 ? cursor.Page[1..] : default;
                delivery = new(next);
                return true;
            }

            switch (cursor.Tail.TryRead(cursor, out var logged, out var signal))
            {
                case TailRead.Event when FindsGap(cursor, logged!):
                    cursor.Generation = 0;
                    continue;
                case TailRead.Event:
                    delivery = new(logged!);
                    return true;
                case TailRead.Signal:
                    delivery = new(signal!);
                    return true;
                case TailRead.Elsewhere:
                    cursor.IsElsewhere = true;
                    break;
            }

            break;
        }

        delivery = default;
        return false;
    }

    private static bool FindsGap(TopicCursor cursor, LoggedEvent next)
    {
        if (Gap.Before(next, cursor.Position) is not { } gap) return false;
        cursor.PendingGap = gap;
        return true;
    }

    private async Task<LogPosition> ResolveAsync(TopicCursor cursor, StartPoint start, CancellationToken cancellationToken)
    {
        var position = start is { Since: null, Last: null } ? cursor.Tail.Head : LogPosition.Zero;
        if (start.Since is { } since)
        {
            var before = LogPosition.OfTime(since);
            if (before.Milliseconds > 0) before = new(before.Milliseconds - 1, ulong.MaxValue);
            var page = await _log.ReadAsync(cursor.Topic, before, 1, cancellationToken);
            position = page.Events is [var first, ..] ? first.Predecessor : page.Head;
        }

        if (start.Last is { } last)
        {
            var newest = await _log.FindLastAsync(cursor.Topic, last, start.Counts, cancellationToken);
            if (newest > position) position = newest;
        }

        return position;
    }

    private async Task ReadPagesAsync()
    {
        // Out of the round that woke it: a page may come from a disk, and those after it in the round are not behind.
        await Task.Yield();
        try
        {
            foreach (var cursor in _cursors)
            {
                if (cursor.IsElsewhere) await ReadPageAsync(cursor, CancellationToken.None);
            }

            IsStoreAway = false;
        }
        catch (LogUnavailableException)
        {
            // The stream outlives the store: what was handed out so far stands, and the rest follows once the store is back.
            IsStoreAway = true;
            await Task.Delay(StoreRetryDelay, _time);
        }
    }

    private async Task ReadPageAsync(TopicCursor cursor, CancellationToken cancellationToken)
    {
        await cursor.Tail.FillAsync(cancellationToken);
        if (!cursor.Tail.Covers(cursor.Position))
        {
            var tailHead = cursor.Tail.Head;
            var page = await _log.ReadAsync(cursor.Topic, cursor.Position, PageEvents, cancellationToken);
            cursor.Page = page.Events.ToArray();
            if (page.Events.Count == 0)
            {
                cursor.PendingGap = Gap.AtHead(cursor.Topic, page.Head, cursor.Position);
                if (cursor.PendingGap is null) cursor.ConfirmedAheadOf = tailHead;
            }
        }

        cursor.IsElsewhere = false;
    }
}
