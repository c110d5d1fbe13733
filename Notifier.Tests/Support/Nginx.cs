using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace Notifier.Tests.Support;

/// <summary>
/// nginx with the files of <c>deploy/nginx</c> as they are, but for the three addresses of <c>site.conf</c>: its own port, the name server,
/// and the port of the instances.
/// </summary>
internal sealed class Nginx : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    private readonly string _folder = Directory.CreateTempSubdirectory("notifier-nginx-").FullName;
    private readonly StringBuilder _output = new();
    private Process? _process;

    private Nginx(int port) => Address = new($"http://127.0.0.1:{port}");

    /// <summary>Where it listens.</summary>
    public Uri Address { get; }

    /// <summary>All that it printed so far: its access log and its error log.</summary>
    public string Output
    {
        get
        {
            lock (_output) return _output.ToString();
        }
    }

    /// <summary>Starts it in front of the instances that <paramref name="names"/> knows, all of them on one port; the test is skipped where it is not installed.</summary>
    public static async Task<Nginx> StartAsync(NameServer names, int instancePort)
    {
        Requirement.Met(Executable() is not null, "No nginx: apt-get install nginx.");
        var nginx = new Nginx(FreePort.Next());
        nginx.WriteConfiguration(names, instancePort);
        nginx.Check();
        await nginx.StartAsync();
        return nginx;
    }

    public HttpClient NewClient() => new(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = Address, Timeout = TimeSpan.FromSeconds(30) };

    /// <summary>Ends it, and returns all that it printed.</summary>
    public async Task<string> StopAsync()
    {
        var process = _process!;
        process.Send("TERM");
        using var deadline = new CancellationTokenSource(Deadline);
        await process.WaitForExitAsync(deadline.Token);
        return Output;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false }) await StopAsync();
        _process?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    // Debian has it in sbin, which is not on everybody's PATH.
    private static string? Executable() => $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin"
        .Split(Path.PathSeparator).Select(folder => Path.Combine(folder, "nginx")).FirstOrDefault(File.Exists);

    private static string Replace(string text, string shipped, string ours)
    {
        text.Split(shipped).Length.ShouldBe(2, $"site.conf should say '{shipped}' once.");
        return text.Replace(shipped, ours, StringComparison.Ordinal);
    }

    private void WriteConfiguration(NameServer names, int instancePort)
    {
        foreach (var file in Directory.GetFiles(Path.Combine(Repository.Root, "deploy", "nginx"))) File.Copy(file, Path.Combine(_folder, Path.GetFileName(file)));
        var path = Path.Combine(_folder, "site.conf");
        var site = File.ReadAllText(path);
        site = Replace(site, "listen 3001;", $"listen 127.0.0.1:{Address.Port};");
        site = Replace(site, "resolver 127.0.0.11 ", $"resolver {names.Address} ");
        site = Replace(site, "notifier:3001", $"{NameServer.Name}:{instancePort}");

        // Debian's own places for these are root's; workers of a root's nginx are somebody else, and have to get here.
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(_folder, File.GetUnixFileMode(_folder) | UnixFileMode.OtherExecute);
        foreach (var kind in new[] { "client_body", "proxy", "fastcgi", "uwsgi", "scgi" }) site += $"{kind}_temp_path {_folder}/{kind};\n";
        File.WriteAllText(path, site);
    }

    private ProcessStartInfo Command(params string[] more) => new(
        Executable()!,
        ["-c", Path.Combine(_folder, "nginx.conf"), "-g", $"daemon off; pid {_folder}/nginx.pid;", "-e", "stderr", .. more])
    {
        UseShellExecute = false,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    };

    private void Check()
    {
        using var test = Process.Start(Command("-t"))!;
        var said = test.StandardError.ReadToEnd();
        test.WaitForExit();
        test.ExitCode.ShouldBe(0, said);
        said.ShouldContain("syntax is ok");
    }

    private async Task StartAsync()
    {
        _process = new Process { StartInfo = Command() };
        _process.OutputDataReceived += (_, line) => Heard(line.Data);
        _process.ErrorDataReceived += (_, line) => Heard(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();

        var start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < Deadline && !_process.HasExited)
        {
            using var client = new TcpClient();
            try
            {
                await client.ConnectAsync(Address.Host, Address.Port);
                return;
            }
            catch (SocketException)
            {
                // Not listening yet.
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
            }
        }

        throw new TimeoutException($"nginx does not listen: {Output}");
    }

    private void Heard(string? line)
    {
        if (line is null) return;
        lock (_output) _output.AppendLine(line);
    }
}
