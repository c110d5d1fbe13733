using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Notifier.Tests.Clients;
using Notifier.Tests.Support;

namespace Notifier.Tests.Docs;

/// <summary>One service, as a reader has just started it, to which all snippets speak; and the programs that run them.</summary>
public sealed class DocsService : IDisposable
{
    /// <summary>The address that the docs name.</summary>
    private const string Written = "localhost:3001";

    /// <summary>What a shell script may need, and the packages that have it.</summary>
    private static readonly (string Name, string Package)[] Needs = [("curl", "curl"), ("openssl", "openssl"), ("systemctl", "systemd"), ("caddy", "caddy")];

    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    private static readonly string Runtime = Path.GetDirectoryName(typeof(object).Assembly.Location)!;

    private readonly NotifierProcess _service = NotifierProcess.Start("Development", [("Log__Path", "")]);
    private readonly ScratchFolder _folder = new();

    public async Task<Uri> AddressAsync() => await _service.ListeningAsync();

    /// <summary>The text with the service's own address.</summary>
    internal async Task<string> TextAsync(Snippet snippet) => snippet.Text.Replace(Written, (await AddressAsync()).Authority, StringComparison.Ordinal);

    /// <summary>Runs a shell script beside the stand-ins of <c>stand-ins.sh</c>, in a folder of its own, with an /etc and /opt of its own.</summary>
    internal async Task<string> RunShellAsync(Snippet snippet)
    {
        foreach (var (name, package) in Needs.Where(need => snippet.Text.Contains($"{need.Name} ", StringComparison.Ordinal))) Tool.Required(name, package);
        if (snippet.Text.Contains(Measurements.Project, StringComparison.Ordinal)) Measurements.Need();
        using var machine = new ScratchFolder();
        var text = (await TextAsync(snippet)).Replace(" /etc/", $" {machine.Path}/etc/", StringComparison.Ordinal).Replace(" /opt/", $" {machine.Path}/opt/", StringComparison.Ordinal);
        var script = await WriteAsync("script.sh", $"""
            root='{Repository.Root}' configuration={Repository.Configuration} machine='{machine.Path}'
            . "$root/Notifier.Tests/Docs/stand-ins.sh"
            {text}
            """);
        var home = Directory.CreateDirectory(Path.Combine(machine.Path, "home")).FullName;
        return await Tool.RunWellAsync(Tool.Required("bash", "bash"), home, script);
    }

    internal async Task RunNodeAsync(Snippet snippet)
    {
        var node = Tool.Required("node", "nodejs");
        await RunProgramAsync(snippet, node, await WriteAsync("program.mjs", await TextAsync(snippet)));
    }

    /// <summary>A module with the packages it imports and its JSX as calls; what the service serves stays an import.</summary>
    internal async Task<string> BuildAsync(string module)
    {
        var node = Tool.Required("node", "nodejs");
        var npm = await NpmClients.InstalledAsync();
        Requirement.Met(npm.Problem is null, npm.Problem ?? "");
        var (source, result) = (await WriteAsync("source.jsx", module), Path.Combine(_folder.Path, $"{Guid.NewGuid():N}.js"));
        await Tool.RunWellAsync(
            "/usr/bin/env", _folder.Path, $"NODE_PATH={npm.Modules}", node, Path.Combine(npm.Modules, "esbuild", "bin", "esbuild"), source, $"--outfile={result}",
            "--bundle", "--format=esm", "--jsx=automatic", "--external:/notifier.js", "--log-level=warning");
        return await File.ReadAllTextAsync(result);
    }

    /// <summary>Parses a program whose other side is not here.</summary>
    internal async Task ParseAsync(Snippet snippet) =>
        await Tool.RunWellAsync(Tool.Required("node", "nodejs"), _folder.Path, "--check", await WriteAsync("program.mjs", snippet.Text));

    internal async Task RunPythonAsync(Snippet snippet)
    {
        var python = Tool.Required("python3", "python3");
        await RunProgramAsync(snippet, python, "-u", await WriteAsync("program.py", await TextAsync(snippet)));
    }

    /// <summary>Compiles with the SDK's own compiler, as <c>dotnet run program.cs</c> does, but without a project, and runs it.</summary>
    internal async Task RunCSharpAsync(Snippet snippet)
    {
        var root = Path.GetFullPath(Path.Combine(Runtime, "..", "..", ".."));
        var compiler = Directory.GetFiles(Path.Combine(root, "sdk"), "csc.dll", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Last();
        var name = Path.GetFileNameWithoutExtension(await WriteAsync("program.cs", await TextAsync(snippet)));
        var usings = await WriteAsync("usings.cs", string.Concat(
            new[] { "System", "System.Collections.Generic", "System.IO", "System.Linq", "System.Net.Http", "System.Threading", "System.Threading.Tasks" }.Select(space => $"global using {space};\n")));
        var references = Directory.GetFiles(Runtime, "*.dll").Where(path => Path.GetFileName(path) is { } file && (file.StartsWith("System.", StringComparison.Ordinal) || file is "netstandard.dll" or "mscorlib.dll"));
        var response = await WriteAsync("arguments.rsp", string.Join('\n', references.Select(path => $"-r:\"{path}\"")));
        var dotnet = Path.Combine(root, "dotnet");
        var program = Path.Combine(_folder.Path, $"{name}.dll");

        await Tool.RunWellAsync(
            dotnet, _folder.Path, compiler, "-nologo", "-nostdlib", "-nullable:enable", "-warnaserror", "-langversion:latest", $"-out:{program}", $"@{response}", usings, $"{name}.cs");
        await File.WriteAllTextAsync(
            Path.Combine(_folder.Path, $"{name}.runtimeconfig.json"),
            JsonSerializer.Serialize(new { runtimeOptions = new { tfm = "net10.0", framework = new { name = "Microsoft.NETCore.App", version = Environment.Version.ToString(3) } } }));
        await RunProgramAsync(snippet, dotnet, "exec", program);
    }

    /// <summary>Says something in the room that the docs follow.</summary>
    internal async Task SayAsync(string text)
    {
        using var client = new HttpClient { BaseAddress = await AddressAsync() };
        await client.SayAsync("general", text);
    }

    public void Dispose()
    {
        _service.Dispose();
        _folder.Dispose();
    }

    /// <summary>One that follows a stream has to print what is said in the room; any other has to end well.</summary>
    private async Task RunProgramAsync(Snippet snippet, string path, params string[] arguments)
    {
        if (!snippet.Text.Contains("/events", StringComparison.Ordinal))
        {
            await Tool.RunWellAsync(path, _folder.Path, arguments);
            return;
        }

        var said = $"Hello, reader {Guid.NewGuid():N}";
        using var process = Tool.Start(path, _folder.Path, arguments);
        var printed = new StringBuilder();
        process.OutputDataReceived += (_, line) => Heard(line.Data);
        process.ErrorDataReceived += (_, line) => Heard(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            // It may not follow yet when this is said, so it is said until it is heard.
            var start = Stopwatch.GetTimestamp();
            while (!Printed().Contains(said, StringComparison.Ordinal))
            {
                process.HasExited.ShouldBeFalse(Printed());
                Stopwatch.GetElapsedTime(start).ShouldBeLessThan(Deadline, Printed());
                await SayAsync(said);
                await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System);
            }
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync();
        }

        void Heard(string? line)
        {
            lock (printed) printed.AppendLine(line);
        }

        string Printed()
        {
            lock (printed) return printed.ToString();
        }
    }

    private async Task<string> WriteAsync(string name, string text)
    {
        var path = Path.Combine(_folder.Path, $"{Guid.NewGuid():N}-{name}");
        await File.WriteAllTextAsync(path, text);
        return path;
    }
}
