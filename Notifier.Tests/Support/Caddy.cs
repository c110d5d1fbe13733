using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Notifier.Tests.Support;

/// <summary>Caddy with <c>deploy/caddy/Caddyfile</c> as it is: where to listen and what is behind it come by the environment, as they do in earnest.</summary>
internal sealed class Caddy : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    private readonly ScratchFolder _home = new();
    private readonly StringBuilder _output = new();
    private readonly Process _process;

    private Caddy(string path, int port, int instancePort)
    {
        Address = new($"http://127.0.0.1:{port}");
        var start = new ProcessStartInfo(path, ["run", "--config", Path.Combine(Repository.Root, "deploy", "caddy", "Caddyfile")])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                ["NOTIFIER_SITE"] = $"http://{Address.Authority}",
                ["NOTIFIER_HOST"] = "localhost",
                ["NOTIFIER_PORT"] = instancePort.ToString(CultureInfo.InvariantCulture),
                ["HOME"] = _home.Path,
                ["XDG_CONFIG_HOME"] = _home.Path,
                ["XDG_DATA_HOME"] = _home.Path,
                // Who else has a Caddy here would have its port.
                ["NOTIFIER_ADMIN"] = "off",
            },
        };
        _process = new() { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Heard(line.Data);
        _process.ErrorDataReceived += (_, line) => Heard(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Where it listens.</summary>
    public Uri Address { get; }

    /// <summary>All that it printed so far.</summary>
    public string Output
    {
        get
        {
            lock (_output) return _output.ToString();
        }
    }

    /// <summary>Starts it in front of an instance; the test is skipped where it is not installed.</summary>
    public static async Task<Caddy> StartAsync(int instancePort)
    {
        var caddy = new Caddy(Tool.Required("caddy", "caddy"), FreePort.Next(), instancePort);
        await FreePort.TakenAsync(caddy.Address.Port, Deadline, () => caddy._process.HasExited ? caddy.Output : null);
        return caddy;
    }

    public HttpClient NewClient() => new(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = Address, Timeout = TimeSpan.FromSeconds(30) };

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        _home.Dispose();
    }

    private void Heard(string? line)
    {
        if (line is null) return;
        lock (_output) _output.AppendLine(line);
    }
}
