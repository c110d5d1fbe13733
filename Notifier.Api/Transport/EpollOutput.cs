using System.Buffers;
using System.IO.Pipelines;
using System.Threading.Tasks.Sources;

namespace Notifier.Api.Transport;

/// <summary>The writing side of a connection: a flush is the system call. What the socket does not take stays here, and the flush waits until it has gone.</summary>
/// <remarks>
/// The lock guards everything, is held across a send, which does not block, and never while somebody who waited for a flush goes on. A block is given back
/// only where the writer cannot be writing into it: within its flush, while it waits for one, and when it has completed.
/// </remarks>
internal sealed class EpollOutput(EpollConnection connection, int descriptor, MemoryPool<byte> pool) : PipeWriter, IValueTaskSource<FlushResult>
{
    private readonly Lock _gate = new();
    private OutputBuffer _first = new();
    private OutputBuffer? _last;
    private ManualResetValueTaskSourceCore<FlushResult> _flush;
    private long _unflushedBytes;
    private bool _isFlushAwaited;
    private bool _isSocketFull;
    private bool _isCancelRequested;
    private bool _isCompleted;
    private bool _isBroken;
    private bool _isDone;
    private bool _isInputDone;

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _unflushedBytes;

    private OutputBuffer Last => _last ?? _first;

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        var minBytes = Math.Max(1, sizeHint);
        lock (_gate)
        {
            if (_isCompleted) throw new InvalidOperationException("Nothing can be written after the output was completed.");
            return Room(minBytes);
        }
    }

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override void Advance(int bytes)
    {
        lock (_gate)
        {
            Last.Written(bytes);
            _unflushedBytes += bytes;
        }
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested) return ValueTask.FromCanceled<FlushResult>(cancellationToken);

        ValueTask<FlushResult> flush;
        short version;
        lock (_gate)
        {
            flush = Flush();
            version = _flush.Version;
        }

        return cancellationToken.CanBeCanceled && !flush.IsCompleted ? WaitAsync(flush, version, cancellationToken) : flush;
    }

    /// <summary>Writes and flushes at once. What the socket takes is sent from where it is, and only the rest is kept; the bytes are the caller's again on return.</summary>
    public ValueTask<FlushResult> SendAsync(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            if (_isFlushAwaited) throw FlushIsUnderWay();
            if (_isCompleted || _isBroken) return new(new FlushResult(isCanceled: false, isCompleted: true));
            if (_first.IsSent) bytes = SendSome(bytes, Libc.NoSignal);
            Keep(bytes);
            return Flush();
        }
    }

    public override void CancelPendingFlush()
    {
        lock (_gate)
        {
            if (!_isFlushAwaited)
            {
                _isCancelRequested = true;
                return;
            }

            _isFlushAwaited = false;
        }

        GoOn(new(isCanceled: true, isCompleted: false), runsWriterHere: false);
    }

    /// <summary>Sends what is left, and ends the connection once it has gone.</summary>
    public override void Complete(Exception? exception = null)
    {
        lock (_gate)
        {
            if (_isCompleted) return;
            _isCompleted = true;
            if (!_isSocketFull) Send();
            if (!_isSocketFull) Finish();
        }
    }

    /// <summary>Ends the connection without what has not been sent, by a reset: who takes nothing is not to be waited for by the kernel either.</summary>
    public void Abort()
    {
        bool isAwaited;
        lock (_gate)
        {
            _isBroken = true;
            isAwaited = EndFlush();
            Finish(isReset: true);
        }

        if (isAwaited) GoOn(new(isCanceled: false, isCompleted: true), runsWriterHere: false);
    }

    /// <summary>The socket takes bytes again.</summary>
    public void OnWritable()
    {
        bool isAwaited, isBroken;
        lock (_gate)
        {
            if (!_isSocketFull) return;
            Send();
            if (_isSocketFull) return;
            isAwaited = EndFlush();
            isBroken = _isBroken;
            if (_isCompleted) Finish();
        }

        if (isAwaited) GoOn(new(isCanceled: false, isBroken), runsWriterHere: true);
    }

    /// <summary>Nothing is received any more.</summary>
    public void OnInputDone()
    {
        lock (_gate)
        {
            _isInputDone = true;
            if (_isDone) connection.Close();
        }
    }

    FlushResult IValueTaskSource<FlushResult>.GetResult(short token) => _flush.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<FlushResult>.GetStatus(short token) => _flush.GetStatus(token);

    void IValueTaskSource<FlushResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _flush.OnCompleted(continuation, state, token, flags);

    private async ValueTask<FlushResult> WaitAsync(ValueTask<FlushResult> flush, short version, CancellationToken cancellationToken)
    {
        FlushResult result;
        await using (cancellationToken.UnsafeRegister(_ => CancelFlush(version), null)) result = await flush;
        cancellationToken.ThrowIfCancellationRequested();
        return result;
    }

    /// <summary>Cancels one flush: a token that fires as that ends is not to cancel the next.</summary>
    private void CancelFlush(short version)
    {
        lock (_gate)
        {
            if (!_isFlushAwaited || _flush.Version != version) return;
            _isFlushAwaited = false;
        }

        GoOn(new(isCanceled: true, isCompleted: false), runsWriterHere: false);
    }

    /// <summary>Lets the writer go on: within this call for the loop alone. Whoever aborts or cancels may hold a lock that the end of the request asks for.</summary>
    private void GoOn(FlushResult result, bool runsWriterHere)
    {
        _flush.RunContinuationsAsynchronously = !runsWriterHere;
        _flush.SetResult(result);
    }

    private static InvalidOperationException FlushIsUnderWay() => new("A flush is under way; await it before the next.");

    private Memory<byte> Room(int minBytes)
    {
        if (Last.Free.Length >= minBytes) return Last.Free;
        if (!Last.IsSent) _last = Last.Next = new();
        Last.Rent(pool, minBytes);
        return Last.Free;
    }

    private ValueTask<FlushResult> Flush()
    {
        if (_isFlushAwaited) throw FlushIsUnderWay();
        _unflushedBytes = 0;
        if (!_isSocketFull) Send();
        if (!_isSocketFull) ReturnBlocks();
        if (_isSocketFull && !_isCancelRequested)
        {
            _flush.Reset();
            _isFlushAwaited = true;
            return new(this, _flush.Version);
        }

        var result = new FlushResult(_isCancelRequested, _isBroken);
        _isCancelRequested = false;
        return new(result);
    }

    /// <summary>Sends until nothing is left, or the socket is full, or the connection broke.</summary>
    private void Send()
    {
        _isSocketFull = false;
        while (!_isBroken)
        {
            if (!TrySend(_first, _first.Next is { IsSent: false })) return;
            if (_first.Next is not { } next) return;
            _first.Return();
            _first = next;
            if (next == _last) _last = null;
        }
    }

    private bool TrySend(OutputBuffer buffer, bool hasMore)
    {
        var unsent = buffer.Unsent;
        var left = SendSome(unsent, hasMore ? Libc.NoSignal | Libc.MoreToCome : Libc.NoSignal);
        buffer.Sent(unsent.Length - left.Length);
        return left.IsEmpty;
    }

    /// <summary>What is left when the socket is full, or the connection broke.</summary>
    private unsafe ReadOnlySpan<byte> SendSome(ReadOnlySpan<byte> bytes, int flags)
    {
        while (!bytes.IsEmpty)
        {
            nint sent;
            fixed (byte* start = bytes) sent = Libc.Send(descriptor, start, (nuint)bytes.Length, flags);
            if (sent > 0)
            {
                bytes = bytes[(int)sent..];
                continue;
            }

            switch (sent < 0 ? Libc.LastError : 0)
            {
                case Libc.Interrupted: continue;
                case Libc.Again: _isSocketFull = true; break;
                default: _isBroken = true; break;
            }

            break;
        }

        return bytes;
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var room = Room(1).Span;
            var count = Math.Min(room.Length, bytes.Length);
            bytes[..count].CopyTo(room);
            Last.Written(count);
            bytes = bytes[count..];
        }
    }

    /// <summary>Takes the writer that waits, if one does; it is to be told outside of the lock.</summary>
    private bool EndFlush()
    {
        if (!_isFlushAwaited) return false;
        _isFlushAwaited = false;
        ReturnBlocks();
        return true;
    }

    private void ReturnBlocks()
    {
        for (var buffer = _first; buffer is not null; buffer = buffer.Next) buffer.Return();
        _first.Next = _last = null;
    }

    private void Finish(bool isReset = false)
    {
        // A writer that has not completed may hold a block still; it completes when the connection is disposed of.
        _isSocketFull = false;
        if (_isCompleted) ReturnBlocks();
        if (_isDone) return;
        _isBroken = _isDone = true;
        if (isReset) ResetOnClose();
        if (_isInputDone) connection.Close();
        else _ = Libc.Shutdown(descriptor, isReset ? Libc.ReadingDirection : Libc.BothDirections);
    }

    private unsafe void ResetOnClose()
    {
        // struct linger: on, for no time.
        var linger = stackalloc int[] { 1, 0 };
        _ = Libc.SetOption(descriptor, Libc.SocketLevel, Libc.Linger, linger, 2 * sizeof(int));
    }
}
