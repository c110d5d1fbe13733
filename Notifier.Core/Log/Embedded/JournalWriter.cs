using Notifier.Core.Metrics;

namespace Notifier.Core.Log.Embedded;

/// <summary>
/// The only one who writes: a thread that takes all that waits, writes it in one go, syncs once, shows it, and answers (group commit). Whoever waits
/// longer than <see cref="CallLimit"/> is told that the store cannot be reached, and the disk may still take the write.
/// </summary>
internal sealed class JournalWriter : IDisposable
{
    /// <summary>What may wait at once; over it a write is refused.</summary>
    private const int MaxWaiting = 20_000;

    /// <summary>A commit takes no more once it has so many bytes.</summary>
    private const int CommitBytes = 1 << 20;

    private const long NoCommit = long.MinValue;

    private static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan CheckInterval = TimeSpan.FromMilliseconds(250);

    private readonly SegmentSet _segments;
    private readonly JournalBatch _batch;
    private readonly TimeProvider _time;
    private readonly IJournalWatch _watch;
    private readonly NotifierMetrics _metrics;
    private readonly Thread _thread;
    private readonly ITimer _check;
    private readonly AutoResetEvent _wake = new(false);
    private readonly Lock _gate = new();
    private List<JournalWrite> _waiting = [];
    private List<JournalWrite> _writing = [];
    private bool _isStopped;
    private int _failedBytes;
    private long _committingSince = NoCommit;
    private volatile bool _isFailing;
    private volatile bool _hasEnded;

    public JournalWriter(SegmentSet segments, JournalBatch batch, TimeProvider time, IJournalWatch watch, NotifierMetrics metrics)
    {
        _segments = segments;
        _batch = batch;
        _time = time;
        _watch = watch;
        _metrics = metrics;
        _thread = new(Run) { IsBackground = true, Name = "journal writer" };
        _check = time.CreateTimer(static writer => ((JournalWriter)writer!).Check(), this, CheckInterval, CheckInterval);
    }

    /// <summary>True while what is written becomes durable, in the time that a write waits.</summary>
    public bool IsWell => !_isFailing && !_hasEnded && !HangsSince(Volatile.Read(ref _committingSince));

    /// <summary>Told on the writer's thread whenever a segment is full.</summary>
    public Action? Rolled { get; set; }

    /// <summary>Asked before a segment is added: waits until old ones are dropped, and false where they are not.</summary>
    public Func<bool>? HasRoom { get; set; }

    public void Start() => _thread.Start();

    /// <summary>Writes what <paramref name="decide"/> puts into the batch, in one step with all else that it puts there, and gives its answer once it is durable.</summary>
    /// <exception cref="LogUnavailableException">It was not written, or nobody knows.</exception>
    public Task<T> WriteAsync<T>(Func<JournalBatch, T> decide)
    {
        var write = new JournalWrite<T>(decide) { Stamp = _time.GetTimestamp() };
        lock (_gate)
        {
            if (_isStopped) throw new LogUnavailableException("The embedded log is closed.");
            if (_waiting.Count >= MaxWaiting) throw new LogUnavailableException("Too many writes wait for the disk.");
            _waiting.Add(write);
            if (_waiting.Count == 1) _wake.Set();
        }

        return write.Answer;
    }

    /// <summary>Writes what waits, and ends.</summary>
    public void Dispose()
    {
        lock (_gate) _isStopped = true;
        _check.Dispose();
        if (_thread.IsAlive)
        {
            _wake.Set();
            _thread.Join();
        }

        _wake.Dispose();
    }

    private void Run()
    {
        while (true)
        {
            bool isStopped;
            lock (_gate)
            {
                (_waiting, _writing) = (_writing, _waiting);
                isStopped = _isStopped;
            }

            if (_writing.Count == 0)
            {
                if (isStopped) return;
                _wake.WaitOne();
                continue;
            }

            for (var done = 0; done < _writing.Count;) done = Commit(done);
            lock (_gate) _writing.Clear();
        }
    }

    /// <summary>Commits as many of those that wait as fit into one commit, from <paramref name="from"/> on; gives where the next begins.</summary>
    private int Commit(int from)
    {
        var to = from;
        var isDurable = false;
        try
        {
            if (_hasEnded) throw new LogUnavailableException("Writing to the disk has failed; the service has to be restarted.");
            _batch.Begin();
            for (; to < _writing.Count && (to == from || _batch.Bytes < CommitBytes); to++) _writing[to].Decide(_batch);
            if (_batch.IsEmpty)
            {
                _batch.Drop();
            }
            else
            {
                _batch.Seal();
                Volatile.Write(ref _committingSince, _time.GetTimestamp());
                Write(_batch.Commit);
                isDurable = true;
                _batch.Publish(_segments.Active, _segments.Active.Length - _batch.Bytes);
            }
        }
        catch (Exception e)
        {
            // Handed to everybody whose write it was; the thread goes on for those who come next.
            // What is durable and not shown would have its positions given out again: a restart reads all of it.
            if (isDurable) End(e);
            _batch.Drop();
            to = Math.Max(to, from + 1);
            for (var i = from; i < Math.Min(to, _writing.Count); i++) _writing[i].Fail(e);
            return to;
        }
        finally
        {
            Volatile.Write(ref _committingSince, NoCommit);
        }

        for (var i = from; i < to; i++) _writing[i].Complete();
        return to;
    }

    private void Write(ReadOnlyMemory<byte> commit)
    {
        try
        {
            if (_segments.Active.Length > JournalFormat.HeaderBytes && _segments.Active.Length + commit.Length > _segments.SegmentBytes) Roll();
            _segments.Disk.Write(_segments.Active.File, commit, _segments.Active.Length);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            TakeBack();
            if (!_isFailing) _failedBytes = commit.Length;
            if (!_isFailing && !_hasEnded) _watch.OnWriteFailed(_segments.Folder.Path, e);
            _isFailing = true;
            throw new LogUnavailableException("The embedded log cannot be written.", e);
        }

        var start = _time.GetTimestamp();
        try
        {
            _segments.Disk.Flush(_segments.Active.File);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            End(e);
            throw new LogUnavailableException("What was written to the embedded log could not be made durable.", e);
        }

        _metrics.JournalSynced(_time.GetElapsedTime(start), _batch.Records);
        _segments.Active.Length += commit.Length;
        if (!_isFailing) return;
        _isFailing = false;
        _watch.OnWriteHealed(_segments.Folder.Path);
    }

    private void Roll()
    {
        if (HasRoom is { } hasRoom && !hasRoom()) throw new IOException("Old segments could not be dropped in time.");
        _segments.Roll();
        Rolled?.Invoke();
    }

    /// <summary>Removes what a failed write left, so that the next one begins where the last good one ended.</summary>
    private void TakeBack()
    {
        try
        {
            var active = _segments.Active;
            _segments.Disk.SetLength(active.File, active.Length);

            // If the next write needs a new segment this one is not synced again, and what comes back in it after a power cut would be damage.
            _segments.Disk.Flush(active.File);
            _segments.Disk.SetLength(active.File, Math.Max(_segments.SegmentBytes, active.Length));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            End(e);
        }
    }

    /// <summary>What the page cache holds is not known from here on, so nothing may be written on top of it.</summary>
    private void End(Exception cause)
    {
        _hasEnded = true;
        _watch.OnWritingEnded(_segments.Folder.Path, cause);
    }

    /// <summary>Fails what has waited too long, and looks whether a disk that was full has room again.</summary>
    private void Check()
    {
        lock (_gate)
        {
            foreach (var write in _writing) FailOverdue(write);
            foreach (var write in _waiting) FailOverdue(write);
        }

        if (_isFailing && !_hasEnded) Probe();
    }

    private void Probe()
    {
        // Readiness is 503 meanwhile, so it may be that nobody else tries.
        lock (_gate)
        {
            if (_isStopped || _waiting.Count > 0) return;
            // As large as what failed: there is often room for a few bytes more.
            var size = _failedBytes;
            var probe = new JournalWrite<bool>(batch =>
            {
                batch.Put(StateSpace.Store, "probe", new byte[size], TimeSpan.Zero);
                return true;
            });
            probe.Stamp = _time.GetTimestamp();
            _waiting.Add(probe);
            _wake.Set();
        }
    }

    private bool HangsSince(long stamp) => stamp != NoCommit && _time.GetElapsedTime(stamp) >= CallLimit;

    private void FailOverdue(JournalWrite write)
    {
        if (_time.GetElapsedTime(write.Stamp) >= CallLimit) write.Fail(new LogUnavailableException("The disk has not answered for 2 s."));
    }
}
