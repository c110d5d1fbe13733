using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;

namespace Notifier.Api.Transport;

/// <summary>
/// An accepted connection. Its loop puts what the client sends into the input's pipe and lets the reader go on within that call; the output is sent from
/// where it is flushed.
/// </summary>
/// <remarks>
/// The socket is received from on the loop's thread alone, as long as <see cref="_isInputDone"/> is false, and sent to under the output's lock, as long as
/// the output is not done. Whichever of the two is done last closes it, so that nobody uses a number that is somebody else's already. A shutdown ends
/// the input: the loop is told of it as of a client's end.
/// </remarks>
internal sealed partial class EpollConnection : ConnectionContext, IEpollTarget
{
    /// <summary>Receives in a row before the loop's other connections have their turn.</summary>
    private const int MaxReceives = 4;

    private readonly int _descriptor;
    private readonly EpollLoop _loop;
    private readonly ConnectionTerms _terms;
    private readonly Pipe _input;
    private readonly EpollOutput _output;
    private readonly CancellationTokenSource _closed = new();
    private string? _id;
    private IDictionary<object, object?>? _items;
    private Exception? _abortReason;
    private bool _isPaused;
    private volatile bool _hasCaughtUp;
    private volatile bool _isReaderDone;
    private TaskCompletionSource? _closing;
    private int _isClosed;
    private bool _isInputDone;

    public EpollConnection(int descriptor, EpollLoop loop, ConnectionTerms terms, IPEndPoint? local, IPEndPoint remote)
    {
        _descriptor = descriptor;
        _loop = loop;
        _terms = terms;
        _input = new(terms.Input);
        _output = new(this, descriptor, terms.Pool);
        Transport = this;
        ConnectionClosed = _closed.Token;
        LocalEndPoint = local;
        RemoteEndPoint = remote;
    }

    public override string ConnectionId
    {
        get => _id ??= ConnectionIds.Next();
        set => _id = value;
    }

    public override IDictionary<object, object?> Items
    {
        get => _items ??= new ConnectionItems();
        set => _items = value;
    }

    public override IDuplexPipe Transport { get; set; }

    public override CancellationToken ConnectionClosed { get; set; }

    public override EndPoint? LocalEndPoint { get; set; }

    public override EndPoint? RemoteEndPoint { get; set; }

    /// <summary>The output itself, for who makes HTTP of what it writes; null where something lies between, TLS say, or the options forbid it.</summary>
    public EpollOutput? DirectOutput => _terms.AllowsDirectOutput && ReferenceEquals(Transport, this) ? _output : null;

    public override void Abort(ConnectionAbortedException abortReason)
    {
        Interlocked.CompareExchange(ref _abortReason, abortReason, null);
        _output.Abort();
    }

    /// <summary>Sends what is left, and closes; returns when that is done, so that the server can still abort a client that does not take it.</summary>
    public override async ValueTask DisposeAsync()
    {
        await _input.Reader.CompleteAsync();
        _output.Complete();
        if (Volatile.Read(ref _isClosed) == 0)
        {
            var closing = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Interlocked.Exchange(ref _closing, closing);
            if (Volatile.Read(ref _isClosed) != 0) closing.TrySetResult();
            await closing.Task;
        }

        await base.DisposeAsync();
    }

    public void OnReady(uint events)
    {
        var isGone = (events & (Libc.HungUp | Libc.Failed)) != 0;
        if (isGone || (events & Libc.Writable) != 0) _output.OnWritable();
        if ((events & ~Libc.Writable) != 0) Receive(isGone || (events & (Libc.PeerClosed | Libc.Urgent)) != 0, isGone);
    }

    /// <summary>The reader has caught up, or others had their turn.</summary>
    public void OnResumed()
    {
        if (_hasCaughtUp)
        {
            (_hasCaughtUp, _isPaused) = (false, false);
            if (_isReaderDone) EndInput(null);
        }

        Receive(hasEnd: true, isGone: false);
    }

    /// <summary>The loop ends.</summary>
    public void OnStopped()
    {
        EndInput(new ConnectionAbortedException("The server has stopped."));
        _output.Abort();
    }

    /// <summary>Closes the socket, which neither side needs any more.</summary>
    public void Close()
    {
        _loop.Remove(_descriptor);
        Libc.Close(_descriptor);
        _terms.Count.Leave();
        Interlocked.Exchange(ref _isClosed, 1);
        Volatile.Read(ref _closing)?.TrySetResult();
    }

    private void Receive(bool hasEnd, bool isGone)
    {
        for (var receives = 0; !_isInputDone; receives++)
        {
            if (receives == MaxReceives)
            {
                // A client that sends without end is not to keep the loop from the others.
                _loop.Resume(this);
                return;
            }

            if (Volatile.Read(ref _abortReason) is { } reason)
            {
                EndInput(reason);
                return;
            }

            if (_isPaused)
            {
                // Who left half-way is not waited for until somebody has read the rest.
                if (isGone) EndInput(Reset());
                return;
            }

            var scratch = _loop.Scratch;
            var received = ReceiveInto(scratch);
            if (received < 0)
            {
                var error = Libc.LastError;
                if (error == Libc.Interrupted) continue;
                if (error != Libc.Again) EndInput(Reset());
                return;
            }

            if (received == 0)
            {
                EndInput(null);
                return;
            }

            _input.Writer.Write(scratch[..received]);
            var flush = _input.Writer.FlushAsync();
            if (!flush.IsCompletedSuccessfully)
            {
                _isPaused = true;
                _ = ResumeAsync(flush);
                continue;
            }

            var result = flush.Result;
            if (result.IsCompleted || result.IsCanceled)
            {
                EndInput(null);
                return;
            }

            // All there was; what comes now is told anew.
            if (received < scratch.Length && !hasEnd) return;
        }
    }

    private unsafe int ReceiveInto(Span<byte> buffer)
    {
        fixed (byte* start = buffer) return (int)Libc.Receive(_descriptor, start, (nuint)buffer.Length, 0);
    }

    private async Task ResumeAsync(ValueTask<FlushResult> flush)
    {
        var reading = flush.AsTask();
        await ((Task)reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        // A reader that gave up may say why; that it did is all that counts here.
        _isReaderDone = !reading.IsCompletedSuccessfully || (await reading).IsCompleted;
        _hasCaughtUp = true;
        _loop.Resume(this);
    }

    private static ConnectionResetException Reset() => new("The client reset the connection.");

    // The reader goes on within this call. What is told of the end runs on the pool: it may take its time, and a room may lose all its streams at once.
    private void EndInput(Exception? error)
    {
        if (_isInputDone) return;
        _isInputDone = true;
        _input.Writer.Complete(error);
        ThreadPool.UnsafeQueueUserWorkItem(static connection => connection.TellClosed(), this, preferLocal: false);
        _output.OnInputDone();
    }

    private void TellClosed()
    {
        try
        {
            _closed.Cancel();
        }
        catch (AggregateException e)
        {
            // Thrown on the pool it would end the process.
            _loop.Report(e);
        }
    }
}
