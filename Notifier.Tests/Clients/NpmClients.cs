using System.Diagnostics;
using Notifier.Tests.Support;

namespace Notifier.Tests.Clients;

/// <summary>The clients of <c>npm/package.json</c>, installed as its lock file says.</summary>
internal sealed class NpmClients
{
    private readonly string _folder = Path.Combine(Repository.Root, "Notifier.Tests", "obj", "npm");

    /// <summary>Why they cannot be run; null where they can.</summary>
    public string? Problem { get; private set; }

    public string Script(string client) => Path.Combine(_folder, $"{client}.js");

    public async Task InstallAsync()
    {
        if (!Programs.AreInstalled("node", "npm"))
        {
            Problem = "Clients from the npm registry need node and npm (apt-get install nodejs npm).";
            return;
        }

        Directory.CreateDirectory(_folder);
        foreach (var file in Directory.GetFiles(Path.Combine(Repository.Root, "Notifier.Tests", "Clients", "npm"))) File.Copy(file, Path.Combine(_folder, Path.GetFileName(file)), overwrite: true);
        using var npm = Process.Start(new ProcessStartInfo("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"])
        {
            WorkingDirectory = _folder,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = await Task.WhenAll(npm.StandardOutput.ReadToEndAsync(), npm.StandardError.ReadToEndAsync());
        await npm.WaitForExitAsync();
        if (npm.ExitCode != 0) Problem = $"npm could not install the clients: {string.Concat(output)}";
    }
}
