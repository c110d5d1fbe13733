using System.Buffers.Binary;
using System.ComponentModel;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;

namespace Notifier.Api.Transport;

/// <summary>Accepts connections when the server asks for them, and shares them out among its loops. Those that nobody asked for yet wait in the kernel.</summary>
/// <remarks>The lock is held across an accept, which does not block, so that the socket is not closed under it.</remarks>
internal sealed partial class EpollListener : IConnectionListener, IEpollTarget
{
    private const int AddressBytes = 28;
    private const int Ipv4 = 2;

    /// <summary>How long no connection is taken after the system would not give one, most often for want of descriptors.</summary>
    private static readonly TimeSpan ExhaustedPause = TimeSpan.FromMilliseconds(100);

    /// <summary>How long no connection was refused before it is worth a line again.</summary>
    private static readonly TimeSpan FullLinePause = TimeSpan.FromSeconds(10);

    private readonly Socket _socket;
    private readonly int _descriptor;
    private readonly EpollLoop[] _loops;
    private readonly ConnectionTerms _terms;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _waiting = new(0, 1);
    private readonly CancellationTokenSource _unbound = new();
    private IPEndPoint? _lastLocal;
    private uint _accepted;
    private bool _isExhausted;
    private long _nextFullLine = long.MinValue;
    private bool _isClosed;

    public EpollListener(Socket socket, int loops, ConnectionTerms terms, TimeProvider time, ILogger logger)
    {
        _socket = socket;
        _descriptor = (int)socket.SafeHandle.DangerousGetHandle();
        _terms = terms;
        _time = time;
        _logger = logger;
        EndPoint = socket.LocalEndPoint!;
        _loops = [.. Enumerable.Range(0, loops).Select(number => new EpollLoop(number, logger))];
        if (!_loops[0].TryAdd(_descriptor, this)) throw new Win32Exception(Libc.LastError);
    }

    public EndPoint EndPoint { get; }

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            EpollConnection? connection;
            int error;
            lock (_gate)
            {
                if (_unbound.IsCancellationRequested) return null;
                if (TryAccept(out connection, out error)) return connection;
            }

            try
            {
                if (error == Libc.Again) await _waiting.WaitAsync(_unbound.Token);
                else if (error is not Libc.Interrupted and not Libc.ConnectionAborted) await PauseAsync(error);
            }
            catch (OperationCanceledException) when (_unbound.IsCancellationRequested)
            {
                return null;
            }
        }
    }

    public void OnReady(uint events)
    {
        // A release too many is the accept's to find out.
        if (_waiting.CurrentCount == 0) _waiting.Release();
    }

    public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        await _unbound.CancelAsync();
        lock (_gate)
        {
            if (_isClosed) return;
            _isClosed = true;
            _loops[0].Remove(_descriptor);
            _socket.Dispose();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await UnbindAsync();
        foreach (var loop in _loops) loop.Dispose();
    }

    private static unsafe IPEndPoint EndPointOf(byte* address)
    {
        var port = BinaryPrimitives.ReadUInt16BigEndian(new(address + 2, 2));
        if (*(ushort*)address == Ipv4) return new(new IPAddress(new ReadOnlySpan<byte>(address + 4, 4)), port);
        return new(new IPAddress(new ReadOnlySpan<byte>(address + 8, 16), *(uint*)(address + 24)), port);
    }

    private unsafe bool TryAccept(out EpollConnection? connection, out int error)
    {
        (connection, error) = (null, 0);
        var address = stackalloc byte[AddressBytes];
        var length = AddressBytes;
        var descriptor = Libc.Accept(_descriptor, address, &length, Libc.NonBlocking | Libc.CloseOnExec);
        if (descriptor < 0)
        {
            error = Libc.LastError;
            return false;
        }

        if (!_terms.Count.TryEnter())
        {
            error = Libc.ConnectionAborted;
            Libc.Close(descriptor);
            if (_time.GetTimestamp() >= _nextFullLine) LogFull(_logger);
            _nextFullLine = _time.GetTimestamp() + ((long)FullLinePause.TotalSeconds * _time.TimestampFrequency);
            return false;
        }

        var remote = EndPointOf(address);
        length = AddressBytes;
        if (Libc.OwnAddress(descriptor, address, &length) == 0)
        {
            // Most connections come to the same address.
            var local = EndPointOf(address);
            if (!local.Equals(_lastLocal)) _lastLocal = local;
        }

        var loop = _loops[_accepted++ % (uint)_loops.Length];
        connection = new(descriptor, loop, _terms, _lastLocal, remote);
        if (loop.TryAdd(descriptor, connection))
        {
            _isExhausted = false;
            return true;
        }

        error = Libc.LastError;
        Libc.Close(descriptor);
        _terms.Count.Leave();
        return false;
    }

    private async Task PauseAsync(int error)
    {
        if (!_isExhausted) LogExhausted(_logger, Marshal.GetPInvokeErrorMessage(error));
        _isExhausted = true;
        await Task.Delay(ExhaustedPause, _time, _unbound.Token);
    }

    [LoggerMessage(LogLevel.Warning, "As many connections are open as there may be (Streams:MaxConnections, and 10,000 for all else); further ones are closed at once.")]
    private static partial void LogFull(ILogger logger);

    [LoggerMessage(LogLevel.Error, "No connection can be accepted ({Reason}); those that come wait. Where it is for want of descriptors, raise the limit of open files (ulimit -n).")]
    private static partial void LogExhausted(ILogger logger, string reason);
}
