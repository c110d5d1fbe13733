namespace Notifier.Tests.Support;

/// <summary>What is on the PATH of this machine.</summary>
internal static class Programs
{
    public static bool AreInstalled(params string[] names)
    {
        var folders = Environment.GetEnvironmentVariable("PATH")!.Split(Path.PathSeparator);
        return names.All(name => folders.Any(folder => File.Exists(Path.Combine(folder, name))));
    }
}
