using System.Diagnostics;
using System.Globalization;

namespace Notifier.Tests.Support;

/// <summary>Three nodes of a Redis Cluster without replicas, on ports and in folders of their own.</summary>
public sealed class RedisCluster : IAsyncLifetime
{
    private const int Nodes = 3;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    private readonly List<Process> _processes = [];
    private string? _folder;

    /// <summary>Its address as a connection string; null where there is no redis-server to make it of.</summary>
    public string? Configuration { get; private set; }

    public string Need()
    {
        Requirement.Met(Configuration is not null, "No Redis Cluster: install redis-server.");
        return Configuration!;
    }

    public async Task InitializeAsync()
    {
        if (!RedisServer.IsInstalled) return;
        _folder = Directory.CreateTempSubdirectory("notifier-cluster-").FullName;
        var ports = Enumerable.Range(0, Nodes).Select(_ => FreePort.Next()).ToArray();
        foreach (var port in ports)
        {
            var name = port.ToString(CultureInfo.InvariantCulture);
            Directory.CreateDirectory(Path.Combine(_folder, name));
            _processes.Add(Process.Start(new ProcessStartInfo(
                "redis-server",
                ["--port", name, "--dir", Path.Combine(_folder, name), "--bind", "127.0.0.1", "--cluster-enabled", "yes", "--save", "", "--logfile", "redis.log"])
            {
                UseShellExecute = false,
            })!);
        }

        var addresses = ports.Select(port => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}")).ToArray();
        await UntilAsync(async () => (await Task.WhenAll(ports.Select(port => CliAsync(port, "ping")))).All(answer => answer.Contains("PONG", StringComparison.Ordinal)));
        await CliAsync(null, ["--cluster", "create", .. addresses, "--cluster-yes"]);
        await UntilAsync(async () =>
            (await Task.WhenAll(ports.Select(port => CliAsync(port, "cluster", "info")))).All(info => info.Contains("cluster_state:ok", StringComparison.Ordinal)));
        Configuration = string.Join(',', addresses);
    }

    public Task DisposeAsync()
    {
        foreach (var process in _processes)
        {
            process.Kill();
            process.WaitForExit();
            process.Dispose();
        }

        if (_folder is not null) Directory.Delete(_folder, recursive: true);
        return Task.CompletedTask;
    }

    private static async Task<string> CliAsync(int? port, params string[] arguments)
    {
        using var cli = Process.Start(new ProcessStartInfo(
            "redis-cli", port is { } number ? ["-p", number.ToString(CultureInfo.InvariantCulture), .. arguments] : arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = await cli.StandardOutput.ReadToEndAsync();
        await cli.WaitForExitAsync();
        return output;
    }

    private static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        var start = Stopwatch.GetTimestamp();
        while (!await isSo())
        {
            if (Stopwatch.GetElapsedTime(start) > Deadline) throw new TimeoutException("The cluster does not come up.");
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }
    }
}
