using System.Runtime.CompilerServices;

namespace Notifier.Tests.Support;

/// <summary>The repository's own files.</summary>
internal static class Repository
{
    public static string Root { get; } = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(ThisFile())!, "..", ".."));

    /// <summary>The configuration that these tests were built in, and so what they run.</summary>
    public static string Configuration { get; } = AppContext.BaseDirectory.Contains("/Release/", StringComparison.Ordinal) ? "Release" : "Debug";

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
