using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Notifier.Tests.Support;

/// <summary>Ports of this machine for programs that cannot choose one themselves.</summary>
internal static class FreePort
{
    public static int Next()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
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
}
