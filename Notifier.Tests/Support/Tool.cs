using System.Diagnostics;

namespace Notifier.Tests.Support;

/// <summary>A program of this machine; the test is skipped where it is not installed.</summary>
internal static class Tool
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    /// <summary>Where it is; null where it is not installed.</summary>
    public static string? Find(string name) => $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/usr/bin"
        .Split(Path.PathSeparator).Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    /// <summary>Where it is.</summary>
    public static string Required(string name, string package)
    {
        Requirement.Met(Find(name) is not null, $"No {name}: apt-get install {package}.");
        return Find(name)!;
    }

    /// <summary>Runs it to its end, and returns its exit code and all that it printed.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(string path, string folder, params string[] arguments)
    {
        using var process = Start(path, folder, arguments);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        using var deadline = new CancellationTokenSource(Deadline);
        try
        {
            await process.WaitForExitAsync(deadline.Token);
        }
        catch (OperationCanceledException e)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{path} took more than {Deadline}: {await output}{await errors}", e);
        }

        return (process.ExitCode, await output + await errors);
    }

    /// <summary>Runs it, and fails with what it printed where it does not end well.</summary>
    public static async Task<string> RunWellAsync(string path, string folder, params string[] arguments)
    {
        var (exitCode, output) = await RunAsync(path, folder, arguments);
        exitCode.ShouldBe(0, output);
        return output;
    }

    /// <summary>Starts it with its streams redirected.</summary>
    public static Process Start(string path, string folder, params string[] arguments) => Process.Start(new ProcessStartInfo(path, arguments)
    {
        UseShellExecute = false,
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        WorkingDirectory = folder,
    })!;
}
