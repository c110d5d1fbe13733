using Notifier.Tests.Support;

namespace Notifier.Tests.Docs;

/// <summary>The program of the measurements, which a build of the whole repository makes and these tests do not reference.</summary>
internal static class Measurements
{
    public const string Project = "Notifier.Benchmarks";

    private static readonly string Assembly = Path.Combine(Repository.Root, Project, "bin", Repository.Configuration, "net10.0", $"{Project}.dll");

    /// <summary>Skips the test where it is not built.</summary>
    public static void Need() => Requirement.Met(File.Exists(Assembly), $"{Project} is not built: dotnet build, at the root.");

    public static Task<(int ExitCode, string Output)> RunAsync(params string[] arguments)
    {
        Need();
        return Tool.RunAsync("dotnet", Repository.Root, ["exec", Assembly, .. arguments]);
    }
}
