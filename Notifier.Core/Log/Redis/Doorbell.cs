using Notifier.Core.Events;
using Notifier.Core.Metrics;
using Notifier.Core.Topics;

namespace Notifier.Core.Log.Redis;

/// <summary>
/// Makes of bells what a follower is promised: every event, once, in order. A bell whose predecessor is the head is passed on as it is, without a read. One
/// that comes too early is parked for its predecessor; where that does not come, and wherever a check finds the head elsewhere, the stream is read after
/// the head. A bell is a hint: losing one costs time, never an event.
/// </summary>
/// <remarks>One lock guards all fields and every call of the follower; it is held for lines, and never across a read.</remarks>
internal sealed class Doorbell(TopicName topic, IEventLog log, ILogFollower follower, SeenHeads seen, TimeProvider time, NotifierMetrics? metrics = null) : IDisposable
{
    private const int MaxParked = 64;
    private const int PageEvents = 256;
    private static readonly TimeSpan MaxParkedTime = TimeSpan.FromMilliseconds(20);

    private readonly NotifierMetrics _metrics = metrics ?? NotifierMetrics.Unread;
    private readonly Lock _gate = new();
    private readonly Dictionary<LogPosition, LoggedEvent> _parked = [];
    private LogPosition _head;
    private bool _isStarted;
    private bool _isReading;
    private bool _isReadAsked;
    private bool _isWaiting;
    private bool _isDisposed;

    public TopicName Topic => topic;

    public void Start(LogPosition head)
    {
        lock (_gate)
        {
            _head = head;
            _isStarted = true;
            seen.Raise(topic, head);
            follower.OnStarted(head);
            Unpark();
            if (_parked.Count > 0) AskForRead();
        }
    }

    public void Ring(ReadOnlyMemory<byte> message)
    {
        if (RedisEntry.ParseBell(topic, message) is { } logged) Ring(logged);
        else if (RedisEntry.ParseSignal(message) is { } signal)
        {
            lock (_gate)
            {
                if (_isStarted && !_isDisposed) follower.OnSignal(signal);
            }
        }
    }

    /// <summary>Asks the log for its head, and for what lies between where that is not where it was told to be.</summary>
    public async Task CheckAsync()
    {
        try
        {
            var head = await log.ReadHeadAsync(topic, CancellationToken.None);
            lock (_gate)
            {
                if (head != _head) AskForRead();
            }
        }
        catch (LogUnavailableException)
        {
            // The next check asks again, and so does the connection when it is back.
        }
    }

    public void Dispose()
    {
        lock (_gate) _isDisposed = true;
    }

    private void Ring(LoggedEvent logged)
    {
        _metrics.BellsReceived.Add(1);
        lock (_gate)
        {
            if (_isDisposed || (_isStarted && logged.Position <= _head)) return;
            if (_isStarted && logged.Predecessor == _head)
            {
                Tell(logged);
                Unpark();
                return;
            }

            _parked[logged.Predecessor] = logged;
            if (_parked.Count > MaxParked)
            {
                _parked.Clear();
                AskForRead();
            }
            else if (_isStarted && !_isWaiting)
            {
                _isWaiting = true;
                _ = ReadLaterAsync();
            }
        }
    }

    private async Task ReadLaterAsync()
    {
        await Task.Delay(MaxParkedTime, time);
        lock (_gate)
        {
            _isWaiting = false;
            if (_parked.Count > 0) AskForRead();
        }
    }

    private void AskForRead()
    {
        _isReadAsked = true;
        if (_isReading || _isDisposed || !_isStarted) return;
        _isReading = true;
        _ = ReadAsync();
    }

    private async Task ReadAsync()
    {
        // Off the caller's lock.
        await Task.Yield();
        try
        {
            while (true)
            {
                LogPosition head;
                lock (_gate)
                {
                    if (!_isReadAsked || _isDisposed)
                    {
                        _isReading = false;
                        return;
                    }

                    _isReadAsked = false;
                    head = _head;
                }

                var page = await log.ReadAsync(topic, head, PageEvents, CancellationToken.None);
                lock (_gate) Take(page, head);
            }
        }
        catch (LogUnavailableException)
        {
            // What was missed is found by the next check.
            lock (_gate) _isReading = false;
        }
    }

    private void Take(LogPage page, LogPosition readAfter)
    {
        if (_isDisposed) return;
        var missed = 0;
        foreach (var logged in page.Events)
        {
            if (logged.Position <= _head) continue;
            if (!_parked.ContainsKey(logged.Predecessor)) missed++;
            Tell(logged);
        }

        if (missed > 0)
        {
            _metrics.BellsLost.Add(1);
            _metrics.BellsRepaired.Add(missed);
        }

        if (page.Events.Count == PageEvents) _isReadAsked = true;
        if (page.Events.Count == 0 && page.Head != readAfter && _head == readAfter)
        {
            // The log holds nothing after the head and yet stands elsewhere: it was emptied, or is an older copy.
            _head = page.Head;
            follower.OnStarted(page.Head);
        }

        Unpark();
    }

    private void Unpark()
    {
        while (_parked.Remove(_head, out var next)) Tell(next);
        foreach (var (predecessor, logged) in _parked)
        {
            if (logged.Position <= _head) _parked.Remove(predecessor);
        }
    }

    private void Tell(LoggedEvent logged)
    {
        _head = logged.Position;
        seen.Raise(topic, logged.Position);
        follower.OnAppended(logged);
    }
}
