using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Notifier.Tests.Support;

/// <summary>The service as a process of its own, for what only a process can show: how it starts, how it stops, what it prints.</summary>
internal sealed partial class NotifierProcess : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly TaskCompletionSource<Uri> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private NotifierProcess(ProcessStartInfo start, bool isRead)
    {
        _process = new Process { StartInfo = start, EnableRaisingEvents = true };
        _process.OutputDataReceived += (_, line) => Heard(line.Data);
        _process.ErrorDataReceived += (_, line) => Heard(line.Data);
        _process.Exited += (_, _) => _listening.TrySetException(new InvalidOperationException("The service ended before it listened."));
        _process.Start();
        if (!isRead) return;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>What it holds now: bytes in memory, and open descriptors.</summary>
    public (long Bytes, int Descriptors) Holds
    {
        get
        {
            _process.Refresh();
            return (_process.WorkingSet64, Directory.GetFileSystemEntries($"/proc/{_process.Id}/fd").Length);
        }
    }

    /// <summary>The names of its threads, as the kernel keeps them.</summary>
    public List<string> ThreadNames => [.. Directory.GetDirectories($"/proc/{_process.Id}/task").Select(thread => File.ReadAllText(Path.Combine(thread, "comm")).Trim())];

    /// <summary>All that it printed so far.</summary>
    public string Output
    {
        get
        {
            lock (_output) return _output.ToString();
        }
    }

    /// <summary>
    /// Starts it. Without <c>urls</c> in the environment or the arguments it takes a free port, and without <c>Log__Path</c> in the environment it keeps
    /// its log in memory alone.
    /// </summary>
    public static NotifierProcess Start(string environment, (string Name, string Value)[]? variables = null, params string[] arguments) =>
        new(Prepare(environment, variables, arguments), isRead: true);

    /// <summary>Starts it on a port, with a console that nobody reads before <see cref="ReadRest"/>.</summary>
    public static NotifierProcess StartUnread(string environment, int port, params (string Name, string Value)[] variables) =>
        new(Prepare(environment, variables, ["--urls", $"http://127.0.0.1:{port}"]), isRead: false);

    /// <summary>All that is in the pipe of a console that nobody read, once the process has ended.</summary>
    public string ReadRest() => _process.StandardOutput.ReadToEnd();

    private static ProcessStartInfo Prepare(string environment, (string Name, string Value)[]? variables, string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(Program).Assembly.Location, .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetDirectoryName(typeof(Program).Assembly.Location),
        };
        start.Environment["ASPNETCORE_ENVIRONMENT"] = environment;
        start.Environment["ASPNETCORE_URLS"] = "http://127.0.0.1:0";
        foreach (var name in NotifierHost.PermitSettings) start.Environment[$"Commands__{name}"] = "1000000000";
        start.Environment["Log__Path"] = "";
        foreach (var (name, value) in variables ?? []) start.Environment[name] = value;
        return start;
    }

    /// <summary>Where it listens, once it does.</summary>
    public Task<Uri> ListeningAsync() => _listening.Task.WaitAsync(Deadline);

    /// <summary>Sends a signal by its name.</summary>
    public void Signal(string name) => _process.Send(name);

    /// <summary>Gives it this many descriptors and no more.</summary>
    public Task LimitDescriptorsAsync(string prlimit, int count) =>
        Tool.RunWellAsync(prlimit, ".", $"--nofile={count}:{count}", string.Create(CultureInfo.InvariantCulture, $"--pid={_process.Id}"));

    /// <summary>The exit code, once it has ended and all it printed is here.</summary>
    public async Task<int> ExitAsync()
    {
        using var deadline = new CancellationTokenSource(Deadline);
        await _process.WaitForExitAsync(deadline.Token);
        return _process.ExitCode;
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.Dispose();
        _ = _listening.Task.Exception;
    }

    private void Heard(string? line)
    {
        if (line is null) return;
        RunRecord.OfThisRun.KeepLine(line);
        lock (_output) _output.AppendLine(line);
        if (Listening().Match(line) is { Success: true } match) _listening.TrySetResult(new(match.Groups[1].Value));
    }

    [GeneratedRegex("""Now listening on: [\\"]*(http://[^\s\\"]+)""")]
    private static partial Regex Listening();
}
