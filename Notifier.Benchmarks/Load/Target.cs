using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Notifier.Benchmarks.Load;

/// <summary>A server under load: how its process is started, and what its requests look like.</summary>
internal sealed class Target : IDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly string? _folder;

    private Target(string name, IPEndPoint address, Process process, string? folder)
    {
        (Name, Address, _process, _folder) = (name, address, process, folder);
        Gauge = new(process.Id);
    }

    public string Name { get; }

    public IPEndPoint Address { get; }

    public ProcessTree Gauge { get; }

    /// <summary>Room -> the request for its stream.</summary>
    public required Func<int, string> Subscribe { get; init; }

    /// <summary>Room and data, a JSON object -> the request that publishes it.</summary>
    public required Func<int, string, string> Publish { get; init; }

    /// <summary>Starts a server and returns once it takes connections.</summary>
    /// <param name="name">As it stands in the table.</param>
    /// <param name="start">Makes the command for the port to listen on and the folder to keep files in.</param>
    /// <param name="requests">What its requests look like, for a process that runs.</param>
    public static async Task<Target> StartAsync(string name, Func<int, string, ProcessStartInfo> start, TargetRequests requests)
    {
        var address = new IPEndPoint(IPAddress.Loopback, FreePort());
        var folder = Directory.CreateTempSubdirectory("notifier-load").FullName;
        var command = start(address.Port, folder);
        command.UseShellExecute = false;
        command.RedirectStandardOutput = command.RedirectStandardError = true;
        var process = Process.Start(command) ?? throw new InvalidOperationException($"{name} could not be started.");
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var target = new Target(name, address, process, folder) { Subscribe = requests.Subscribe, Publish = requests.Publish };
        for (var begun = Stopwatch.GetTimestamp(); ;)
        {
            using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await probe.ConnectAsync(address);
                return target;
            }
            catch (SocketException) when (!process.HasExited && Stopwatch.GetElapsedTime(begun) < StartLimit)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
            }
        }
    }

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
        if (_folder is not null) Directory.Delete(_folder, recursive: true);
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
