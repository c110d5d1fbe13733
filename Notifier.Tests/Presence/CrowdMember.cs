using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Notifier.Tests.Presence;

/// <summary>A user's stream on a bare socket: thousands of them fit into a test.</summary>
internal sealed class CrowdMember(string room, string user)
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private Socket? _socket;
    private string? _lastId;
    private int _leftTold;

    public string User => user;

    /// <summary>Presence events in which somebody left.</summary>
    public int LeftTold => Volatile.Read(ref _leftTold);

    /// <summary>Whether the newest stream went on from where the one before had ended.</summary>
    public bool IsResumed { get; private set; }

    /// <summary>Opens the stream, and is in the room when this is done.</summary>
    public async Task ComeAsync(Uri address)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, address.Port);
        _socket = socket;
        await socket.SendAsync(Encoding.ASCII.GetBytes(
            $"GET /api/rooms/{room}/events?as={user} HTTP/1.1\r\nHost: test\r\nAccept: text/event-stream\r\n{(_lastId is null ? "" : $"Last-Event-ID: {_lastId}\r\n")}\r\n"));
        var welcome = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _ = ReadAsync(socket, welcome);
        await welcome.Task.WaitAsync(Deadline);
    }

    /// <summary>Goes away with a reset instead of a close.</summary>
    public void Cut()
    {
        if (_socket is null) return;
        _socket.LingerState = new(enable: true, seconds: 0);
        _socket.Dispose();
        _socket = null;
    }

    private async Task ReadAsync(Socket socket, TaskCompletionSource welcome)
    {
        try
        {
            using var lines = new StreamReader(new NetworkStream(socket), Encoding.UTF8);
            while (await lines.ReadLineAsync() is { } line)
            {
                if (line.StartsWith("id: ", StringComparison.Ordinal)) _lastId = line[4..];
                if (line.Contains("\"left\":[{", StringComparison.Ordinal)) Interlocked.Increment(ref _leftTold);
                if (!line.StartsWith("data: {\"connection\"", StringComparison.Ordinal)) continue;
                IsResumed = line.Contains("\"resumed\":true", StringComparison.Ordinal);
                welcome.TrySetResult();
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            // Cut, from here or by the death of its instance.
        }

        welcome.TrySetException(new EndOfStreamException($"The stream of {user} ended before its welcome."));
    }
}
