using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Notifier.Tests.Hostile;

/// <summary>A connection that sends and reads byte for byte, at its own pace.</summary>
internal sealed class RawClient : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly Socket _socket;

    private RawClient(Socket socket) => _socket = socket;

    public static async Task<RawClient> ConnectAsync(Uri address, int? receiveBufferBytes = null)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBufferBytes is { } bytes) socket.ReceiveBufferSize = bytes;
        await socket.ConnectAsync(IPAddress.Loopback, address.Port);
        return new(socket);
    }

    public static async Task<RawClient> SendAsync(Uri address, string request)
    {
        var client = await ConnectAsync(address);
        await client.SendAsync(request);
        return client;
    }

    /// <summary>Sends these characters, a byte each.</summary>
    public async Task SendAsync(string text) => await _socket.SendAsync(Encoding.Latin1.GetBytes(text));

    /// <summary>Sends these bytes until the other side takes no more.</summary>
    public async Task FloodAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            await _socket.SendAsync(bytes);
        }
        catch (SocketException)
        {
            // Reset in the middle of it, as it should be.
        }
    }

    /// <summary>What has come when <paramref name="end"/> is in it; fails where the connection ends before.</summary>
    public async Task<string> ReadUntilAsync(string end)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        var text = new StringBuilder();
        var buffer = new byte[4096];
        while (!text.ToString().Contains(end, StringComparison.Ordinal))
        {
            var read = await _socket.ReceiveAsync(buffer, deadline.Token);
            if (read == 0) throw new EndOfStreamException($"The connection ended after: {text}");
            text.Append(Encoding.Latin1.GetString(buffer, 0, read));
        }

        return text.ToString();
    }

    /// <summary>All that comes until the other side ends the connection, cleanly or not.</summary>
    public async Task<string> ReadToEndAsync()
    {
        using var deadline = new CancellationTokenSource(Deadline);
        var text = new StringBuilder();
        var buffer = new byte[4096];
        try
        {
            while (await _socket.ReceiveAsync(buffer, deadline.Token) is > 0 and var read) text.Append(Encoding.Latin1.GetString(buffer, 0, read));
        }
        catch (SocketException)
        {
            // Cut rather than closed: an end all the same.
        }

        return text.ToString();
    }

    /// <summary>Sends <paramref name="text"/> a byte at a time until the other side ends the connection; what it said, and how long that took.</summary>
    public async Task<(string Answer, TimeSpan After)> DripAsync(string text, TimeSpan pause)
    {
        var start = Stopwatch.GetTimestamp();
        var reading = ReadToEndAsync();
        try
        {
            foreach (var character in text)
            {
                if (reading.IsCompleted) break;
                await SendAsync(character.ToString());
                await Task.WhenAny(reading, Task.Delay(pause, TimeProvider.System));
            }
        }
        catch (SocketException)
        {
            // Cut while it sent.
        }

        var answer = await reading;
        return (answer, Stopwatch.GetElapsedTime(start));
    }

    /// <summary>Goes away with a reset instead of a close.</summary>
    public void Reset()
    {
        _socket.LingerState = new(enable: true, seconds: 0);
        _socket.Dispose();
    }

    public void Dispose() => _socket.Dispose();
}
