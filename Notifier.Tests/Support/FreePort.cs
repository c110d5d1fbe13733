using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Notifier.Tests.Support;

/// <summary>Ports of this machine for programs that cannot choose one themselves.</summary>
internal static class FreePort
{
    // Below those that a system gives out by itself (32768 and up on Linux, 49152 elsewhere): a program that is killed and started again finds its port as
    // it left it, whatever other tests open meanwhile. With ten thousand added, which is where a Redis Cluster's bus listens, it is still one of these.
    private const int First = 10_000;
    private const int Last = 19_999;

    private static int _next = Random.Shared.Next(First, Last);

    /// <summary>One that nobody listens on, on any of the addresses, and that no other test of this run is given.</summary>
    public static int Next(params IPAddress[] addresses)
    {
        while (true)
        {
            var port = First + (int)((uint)Interlocked.Increment(ref _next) % (Last - First + 1));
            if ((addresses.Length == 0 ? [IPAddress.Loopback] : addresses).All(address => IsFree(address, port))) return port;
        }
    }

    /// <summary>Waits until somebody listens there; <paramref name="whyNot"/> says what went wrong where nobody ever will.</summary>
    public static async Task TakenAsync(int port, TimeSpan deadline, Func<string?> whyNot)
    {
        var start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < deadline)
        {
            if (whyNot() is { } reason) throw new InvalidOperationException(reason);
            using var client = new TcpClient();
            try
            {
                await client.ConnectAsync(IPAddress.Loopback, port);
                return;
            }
            catch (SocketException)
            {
                // Not listening yet.
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
            }
        }

        throw new TimeoutException($"Nobody listens on port {port}.");
    }

    private static bool IsFree(IPAddress address, int port)
    {
        using var listener = new TcpListener(address, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
