using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.RegularExpressions;
using Notifier.Tests.Support;

namespace Notifier.Tests.Docs;

/// <summary>
/// A service that a command of the docs has started. What is added takes nothing away: a port of its own, a folder of its own, and no second build of
/// what was built for this test.
/// </summary>
internal sealed partial class StartedService : IAsyncDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(90);

    private readonly ScratchFolder _data = new();
    private readonly StringBuilder _printed = new();
    private readonly TaskCompletionSource<Uri> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Process _process;

    private StartedService(string folder, string commands)
    {
        _process = Tool.Start("/bin/sh", folder, "-c", $"export Log__Path='{_data.Path}'\n{commands} --urls http://127.0.0.1:0");
        _process.OutputDataReceived += (_, line) => Heard(line.Data);
        _process.ErrorDataReceived += (_, line) => Heard(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>By <c>dotnet run</c>, at the root of the repository.</summary>
    public static StartedService Run(string commands) => new(Repository.Root, $"{commands.Trim()} --no-build --configuration {Repository.Configuration}");

    /// <summary>By <c>dotnet Notifier.Api.dll</c>, where that is.</summary>
    public static StartedService Execute(string commands) => new(Path.GetDirectoryName(typeof(Program).Assembly.Location)!, commands.Trim());

    /// <summary>A client of it, once it listens and is ready.</summary>
    public async Task<HttpClient> ClientAsync(string? token = null)
    {
        var client = new HttpClient { BaseAddress = await _address.Task.WaitAsync(Deadline) };
        if (token is not null) client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        var start = Stopwatch.GetTimestamp();
        while (true)
        {
            using var answer = await client.GetAsync("/readyz");
            if (answer.IsSuccessStatusCode) return client;
            Stopwatch.GetElapsedTime(start).ShouldBeLessThan(Deadline, await answer.Content.ReadAsStringAsync());
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        _data.Dispose();
        _ = _address.Task.Exception;
    }

    private void Heard(string? line)
    {
        lock (_printed)
        {
            // Both pipes are closed by the last process that holds them.
            if (line is null) _address.TrySetException(new InvalidOperationException($"It ended: {_printed}"));
            else _printed.AppendLine(line);
        }

        if (line is not null && Listening().Match(line) is { Success: true } match) _address.TrySetResult(new(match.Groups[1].Value));
    }

    [GeneratedRegex("""Now listening on: [\\"]*(http://[^\s\\"]+)""")]
    private static partial Regex Listening();
}
