using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
#if TESTCONTAINERS
using DotNet.Testcontainers.Builders;
using Testcontainers.Redis;
#endif

namespace Notifier.Tests.Support;

/// <summary>
/// A Redis for tests: the one of <c>NOTIFIER_TEST_REDIS</c>, else a container where Docker answers (package set <c>latest</c>), else a
/// <c>redis-server</c> from the PATH on a port and in a folder of its own.
/// </summary>
public sealed class RedisServer : IAsyncLifetime
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    private Process? _process;
    private string? _folder;
#if TESTCONTAINERS
    private RedisContainer? _container;
#endif

    /// <summary>Its address as a connection string; null where there is none to be had.</summary>
    public string? Configuration { get; private set; }

    public int Port { get; private set; }

    /// <summary>True where a <c>redis-server</c> is on the PATH.</summary>
    public static bool IsInstalled { get; } = Programs.AreInstalled("redis-server");

    /// <summary>True where it is a process of the fixture's own that was started and not killed.</summary>
    public bool IsRunning => _process is not null;

    /// <summary>The address, or the test is skipped with the reason.</summary>
    public string Need()
    {
        Requirement.Met(Configuration is not null, "No Redis: set NOTIFIER_TEST_REDIS to an address, or install redis-server.");
        return Configuration!;
    }

    public async Task InitializeAsync()
    {
        Configuration = Environment.GetEnvironmentVariable("NOTIFIER_TEST_REDIS");
        if (!string.IsNullOrEmpty(Configuration)) return;

        Configuration = null;
#if TESTCONTAINERS
        try
        {
            _container = new RedisBuilder("redis:7.4-alpine").Build();
            await _container.StartAsync();
            Configuration = _container.GetConnectionString();
            return;
        }
        catch (DockerUnavailableException)
        {
            // Then the one on the PATH.
        }
#endif
        if (!IsInstalled) return;
        Port = FreePort.Next();
        _folder = Directory.CreateTempSubdirectory("notifier-redis-").FullName;
        await StartAsync();
        Configuration = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}");
    }

    public async Task DisposeAsync()
    {
#if TESTCONTAINERS
        if (_container is not null) await _container.DisposeAsync();
#endif
        await KillAsync();
        if (_folder is not null) Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Starts it, again after a <see cref="KillAsync"/>, with what its files hold.</summary>
    public async Task StartAsync()
    {
        _process = Process.Start(new ProcessStartInfo(
            "redis-server",
            ["--port", Port.ToString(CultureInfo.InvariantCulture), "--dir", _folder!, "--bind", "127.0.0.1", "--appendonly", "yes", "--appendfsync", "always", "--save", "", "--logfile", "redis.log"])
        {
            UseShellExecute = false,
        })!;
        await AnswersAsync();
    }

    /// <summary>Kills it without a word, as a power cut does.</summary>
    public async Task KillAsync()
    {
        if (_process is null) return;
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    /// <summary>Stops or continues it, as SIGSTOP and SIGCONT do.</summary>
    public void Signal(string name) => _process!.Send(name);

    /// <summary>Sends one command over a connection of its own, and returns the first line of the answer.</summary>
    public async Task<string> SendAsync(string command)
    {
        var (host, port) = Configuration?.Split(':') is [var h, var p] ? (h, int.Parse(p.Split(',')[0])) : ("127.0.0.1", Port);
        using var client = new TcpClient();
        await client.ConnectAsync(host, port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.UTF8.GetBytes(command + "\r\n"));
        using var reader = new StreamReader(stream);
        using var deadline = new CancellationTokenSource(Deadline);
        return await reader.ReadLineAsync(deadline.Token) ?? "";
    }

    private async Task AnswersAsync()
    {
        var start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < Deadline)
        {
            try
            {
                if (await SendAsync("PING") == "+PONG") return;
            }
            catch (SocketException)
            {
                // Not listening yet.
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }

        throw new TimeoutException("redis-server does not answer.");
    }
}
