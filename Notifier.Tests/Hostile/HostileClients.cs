using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Notifier.Tests.Hostile;

/// <summary>
/// Clients that mean no good, or might as well: who never reads, who reads a byte a second, who connects and drops at once. Each comes back
/// as soon as it has been cut, for as long as it is let.
/// </summary>
internal sealed class HostileClients(Uri address, string path, int deaf, int slow, int dropping) : IAsyncDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _end = new();
    private readonly List<Task> _running = [];
    private int _connects;
    private int _cuts;

    /// <summary>Connections that were made.</summary>
    public int Connects => _connects;

    /// <summary>Of them, those that the service ended.</summary>
    public int Cuts => _cuts;

    public void Start()
    {
        for (var n = 0; n < deaf; n++) _running.Add(HoldAsync($"deaf-{n}", readsOneByte: false, n));
        for (var n = 0; n < slow; n++) _running.Add(HoldAsync($"slow-{n}", readsOneByte: true, n));
        for (var n = 0; n < dropping; n++) _running.Add(DropAsync($"drop-{n}", n));
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await Task.WhenAll(_running);
        _end.Dispose();
    }

    /// <summary>Asks for more than its buffers hold, and takes a byte a second of it, or none, until it is cut.</summary>
    private async Task HoldAsync(string name, bool readsOneByte, int number)
    {
        var one = new byte[1];
        while (await PauseAsync(number % 1000 / 1000.0))
        {
            using var socket = await ConnectAsync(receiveBufferBytes: 4096);
            if (socket is null || !await AskAsync(socket, name)) continue;
            while (await PauseAsync(1))
            {
                // A cut shows as an error, also to who does not read.
                if (socket.Poll(0, SelectMode.SelectError) || (readsOneByte && Read(socket, one) == 0))
                {
                    Interlocked.Increment(ref _cuts);
                    break;
                }
            }

            Reset(socket);
        }
    }

    /// <summary>Connects and drops at once, each time in another way.</summary>
    private async Task DropAsync(string name, int number)
    {
        for (var turn = number; await PauseAsync(turn == number ? number % 1000 / 1000.0 : 1); turn++)
        {
            using var socket = await ConnectAsync(receiveBufferBytes: null);
            if (socket is null) continue;
            var isAsked = turn % 4 == 0 || await AskAsync(socket, name);
            if (isAsked && turn % 4 == 3) await ReceiveAsync(socket);

            // Mostly by reset: a thousand closes a second would use up the machine's ports, which wait a minute each.
            if (turn % 16 == 2) socket.Shutdown(SocketShutdown.Both);
            else Reset(socket);
        }
    }

    private async Task<Socket?> ConnectAsync(int? receiveBufferBytes)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        if (receiveBufferBytes is { } bytes) socket.ReceiveBufferSize = bytes;
        try
        {
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, address.Port), _end.Token);
            Interlocked.Increment(ref _connects);
            return socket;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // Refused, or over: it is tried again, or not.
            socket.Dispose();
            return null;
        }
    }

    private async Task<bool> AskAsync(Socket socket, string name)
    {
        try
        {
            var separator = path.Contains('?', StringComparison.Ordinal) ? '&' : '?';
            await socket.SendAsync(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"GET {path}{separator}as={name} HTTP/1.1\r\nHost: test\r\nAccept: text/event-stream\r\n\r\n")), _end.Token);
            return true;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // Cut already, or over.
            return false;
        }
    }

    private async Task ReceiveAsync(Socket socket)
    {
        try
        {
            await socket.ReceiveAsync(new byte[512], _end.Token);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            // Cut already, or over.
        }
    }

    private static int Read(Socket socket, byte[] one)
    {
        socket.Blocking = false;
        var read = socket.Receive(one, SocketFlags.None, out var error);
        return error is SocketError.Success or SocketError.WouldBlock ? Math.Max(read, error == SocketError.WouldBlock ? 1 : 0) : 0;
    }

    private static void Reset(Socket socket)
    {
        socket.LingerState = new(enable: true, seconds: 0);
        socket.Close();
    }

    /// <summary>False where it is over.</summary>
    private async Task<bool> PauseAsync(double seconds)
    {
        if (_end.IsCancellationRequested) return false;
        await Task.Delay(Second * seconds, TimeProvider.System, _end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return !_end.IsCancellationRequested;
    }
}
