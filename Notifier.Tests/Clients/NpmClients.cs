using System.Diagnostics;
using Notifier.Tests.Support;

namespace Notifier.Tests.Clients;

/// <summary>What <c>npm/package.json</c> names, installed as its lock file says: clients, and what builds and runs components of the docs.</summary>
internal sealed class NpmClients
{
    private static readonly Lazy<Task<NpmClients>> Installed = new(InstallAsync);

    private readonly string _folder = Path.Combine(Repository.Root, "Notifier.Tests", "obj", "npm");

    /// <summary>Why they cannot be run; null where they can.</summary>
    public string? Problem { get; private set; }

    /// <summary>Where packages are looked for.</summary>
    public string Modules => Path.Combine(_folder, "node_modules");

    /// <summary>Installed once for all tests: npm empties the folder first.</summary>
    public static Task<NpmClients> InstalledAsync() => Installed.Value;

    public string Script(string client) => Path.Combine(_folder, $"{client}.js");

    private static async Task<NpmClients> InstallAsync()
    {
        var npm = new NpmClients();
        await npm.RunNpmAsync();
        return npm;
    }

    private async Task RunNpmAsync()
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
