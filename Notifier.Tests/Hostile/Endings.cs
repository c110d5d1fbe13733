using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Notifier.Tests.Hostile;

/// <summary>One connection to the service, from its beginning to one of its many ends.</summary>
internal sealed class Endings(Uri address)
{
    /// <summary>Ways of ending that are a client's own; the rest takes the service or the clock.</summary>
    public const int Count = 14;

    private static readonly byte[] Welcome = "event: welcome"u8.ToArray();

    /// <summary>Comes, and goes by the way of that number.</summary>
    public async Task ComeAndGoAsync(int number, CancellationToken cancellationToken)
    {
        var room = string.Create(CultureInfo.InvariantCulture, $"/api/rooms/soak-{number % 50}/events?as=soak-{number % 997}");
        using var socket = await ConnectAsync(number, cancellationToken);
        switch (number % Count)
        {
            case 0: // Nothing at all.
                break;
            case 1: // Half a request.
                await SendAsync(socket, "GET /api/rooms/soak-1/ev");
                break;
            case 2: // Gone before the answer.
                await AskAsync(socket, room);
                break;
            case 3: // Reset, rather than closed, in the middle of it.
                await StreamAsync(socket, room);
                Reset(socket);
                return;
            case 4: // Closed for sending alone: the client has gone all the same.
                await StreamAsync(socket, room);
                socket.Shutdown(SocketShutdown.Send);
                await ReadToEndAsync(socket);
                break;
            case 5:
                await AskAsync(socket, room, method: "HEAD");
                await ReadUntilAsync(socket, "\r\n\r\n"u8.ToArray());
                break;
            case 6:
                await AskAsync(socket, room, "image/png");
                await ReadUntilAsync(socket, "406"u8.ToArray());
                break;
            case 7:
                await AskAsync(socket, "/api/rooms/-no-name/events");
                await ReadUntilAsync(socket, "400"u8.ToArray());
                break;
            case 8: // The poll form.
                await AskAsync(socket, room, "application/json");
                await ReadUntilAsync(socket, "lastEventId"u8.ToArray());
                break;
            case 9: // A poll that waits, and is waited for by nobody.
                await AskAsync(socket, $"{room}&wait=30", "application/json");
                break;
            case 10: // Several topics and a position.
                await StreamAsync(socket, string.Create(CultureInfo.InvariantCulture, $"/api/events?topic=room:soak-{number % 50}&topic=user:me&topic=all&as=soak-{number % 997}"));
                break;
            case 11: // One too many of its user, whose streams are open elsewhere.
                await AskAsync(socket, "/api/rooms/soak-0/events?as=crowded");
                await ReadUntilAsync(socket, "event: busy"u8.ToArray());
                break;
            case 12: // A replay that is not read.
                await AskAsync(socket, "/api/rooms/soak-full/events?since=all&as=hungry");
                await ReadUntilAsync(socket, Welcome);
                Reset(socket);
                return;
            default:
                await StreamAsync(socket, room);
                break;
        }

        // A close of the client's own, unless it was another: every other by reset, since closed ports wait a minute.
        if (number % 2 == 0) Reset(socket);
    }

    /// <summary>Opens a stream and leaves it open; its end is for somebody else to make, and is the connection's too.</summary>
    public async Task<Socket> OpenAsync(int number, string path, CancellationToken cancellationToken)
    {
        var socket = await ConnectAsync(number, cancellationToken);
        await AskAsync(socket, path, more: "Connection: close\r\n");
        await ReadUntilAsync(socket, Welcome);
        return socket;
    }

    public static async Task ReadToEndAsync(Socket socket)
    {
        var buffer = new byte[1024];
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        try
        {
            while (await socket.ReceiveAsync(buffer, deadline.Token) > 0)
            {
            }
        }
        catch (SocketException)
        {
            // Cut rather than closed: an end all the same.
        }
    }

    // From many addresses of this machine, so that no port is waited for.
    private async Task<Socket> ConnectAsync(int number, CancellationToken cancellationToken)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(new IPAddress([127, 0, 1, (byte)(1 + (number % 200))]), 0));
        await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, address.Port), cancellationToken);
        return socket;
    }

    private static async Task SendAsync(Socket socket, string text) => await socket.SendAsync(Encoding.ASCII.GetBytes(text));

    private static Task AskAsync(Socket socket, string path, string accept = "text/event-stream", string method = "GET", string more = "") =>
        SendAsync(socket, $"{method} {path} HTTP/1.1\r\nHost: soak\r\nAccept: {accept}\r\n{more}\r\n");

    private static async Task StreamAsync(Socket socket, string path)
    {
        await AskAsync(socket, path);
        await ReadUntilAsync(socket, Welcome);
    }

    private static async Task ReadUntilAsync(Socket socket, byte[] end)
    {
        var buffer = new byte[4096];
        var held = 0;
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (buffer.AsSpan(0, held).IndexOf(end) < 0)
        {
            if (held == buffer.Length) throw new InvalidOperationException($"Not in the first bytes: {Encoding.ASCII.GetString(end)}");
            var read = await socket.ReceiveAsync(buffer.AsMemory(held), deadline.Token);
            if (read == 0) throw new EndOfStreamException($"Ended after: {Encoding.ASCII.GetString(buffer, 0, held)}");
            held += read;
        }
    }

    private static void Reset(Socket socket)
    {
        socket.LingerState = new(enable: true, seconds: 0);
        socket.Close();
    }
}
