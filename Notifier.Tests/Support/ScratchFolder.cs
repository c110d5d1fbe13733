namespace Notifier.Tests.Support;

/// <summary>A folder of its own, gone with the test.</summary>
internal sealed class ScratchFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("notifier-test-").FullName;

    public string[] Files(string pattern = "*") => [.. Directory.GetFiles(Path, pattern).Order(StringComparer.Ordinal)];

    /// <summary>Bytes that its files take; one that is deleted meanwhile takes none.</summary>
    public long Bytes => Files().Sum(LengthOf);

    public void Dispose() => Directory.Delete(Path, recursive: true);

    private static long LengthOf(string file)
    {
        try
        {
            return new FileInfo(file).Length;
        }
        catch (FileNotFoundException)
        {
            return 0;
        }
    }
}
