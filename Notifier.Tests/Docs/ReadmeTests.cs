using System.Text;
using System.Text.RegularExpressions;
using Notifier.Tests.Support;

namespace Notifier.Tests.Docs;

/// <summary>README's first command, as it stands there; its second is the one that runs this.</summary>
public sealed partial class ReadmeTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(90);

    [Fact]
    public async Task The_first_command_starts_a_service_that_a_browser_can_open()
    {
        using var data = new ScratchFolder();
        var command = Snippet.All.First(snippet => snippet.Page == "README.md").Text.Trim();
        var configuration = AppContext.BaseDirectory.Contains("/Release/", StringComparison.Ordinal) ? "Release" : "Debug";

        // What is added takes nothing away: a port of its own, a folder of its own, and no second build of what was built for this test.
        using var process = Tool.Start(
            "/bin/sh", Repository.Root, "-c", $"Log__Path='{data.Path}' exec {command} --no-build --configuration {configuration} --urls http://127.0.0.1:0");
        var printed = new StringBuilder();
        var address = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
        process.OutputDataReceived += (_, line) => Heard(line.Data);
        process.ErrorDataReceived += (_, line) => Heard(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            using var client = new HttpClient { BaseAddress = await address.Task.WaitAsync(Deadline) };
            (await client.GetStringAsync("/")).ShouldContain("<title>Notifier</title>");
            (await client.GetStringAsync("/readyz")).ShouldBe("ready");
        }
        finally
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
        }

        void Heard(string? line)
        {
            if (line is null)
            {
                if (process.HasExited) address.TrySetException(new InvalidOperationException($"It ended: {printed}"));
                return;
            }

            lock (printed) printed.AppendLine(line);
            if (Listening().Match(line) is { Success: true } match) address.TrySetResult(new(match.Groups[1].Value));
        }
    }

    [GeneratedRegex("""Now listening on: [\\"]*(http://[^\s\\"]+)""")]
    private static partial Regex Listening();
}
