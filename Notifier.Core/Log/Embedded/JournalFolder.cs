using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Notifier.Core.Log.Embedded;

/// <summary>The folder of a journal, which one process at a time holds.</summary>
internal sealed partial class JournalFolder : IDisposable
{
    private const string LockName = "lock";
    private const string TemporaryExtension = ".tmp";
    private const string AsideExtension = ".damaged";

    /// <summary>O_CLOEXEC of Linux on every processor that .NET runs on.</summary>
    private const int CloseOnExec = 0x80000;

    private readonly JournalDisk _disk;
    private readonly FileStream _lock;

    /// <summary>Open for as long as the journal is, to be flushed; null on Windows, where names need none.</summary>
    private readonly SafeFileHandle? _folder;

    private JournalFolder(string path, JournalDisk disk, FileStream held, SafeFileHandle? folder)
    {
        Path = path;
        _disk = disk;
        _lock = held;
        _folder = folder;
    }

    public string Path { get; }

    /// <exception cref="JournalException">It cannot be written, or another process holds it.</exception>
    public static JournalFolder Open(string path, JournalDisk disk)
    {
        path = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
        try
        {
            Create(path, disk);
            var lockPath = System.IO.Path.Combine(path, LockName);
            FileStream held;
            try
            {
                held = new FileStream(lockPath, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (File.Exists(lockPath))
            {
                throw new JournalException($"Log:Path {path} is in use by another process. Stop that one, or give this one a folder of its own.");
            }

            try
            {
                foreach (var left in Directory.GetFiles(path, "*" + TemporaryExtension)) File.Delete(left);
                return new(path, disk, held, OpenFolder(path));
            }
            catch
            {
                held.Dispose();
                throw;
            }
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            throw new JournalException($"Log:Path {path} cannot be written: {e.Message} Make it writable for the user that runs this process, or set Log:Path to a folder that is.", e);
        }
    }

    /// <summary>The numbers of all segments, oldest first.</summary>
    public IReadOnlyList<ulong> Numbers() =>
    [
        .. Directory.GetFiles(Path, "*" + Segment.Extension)
            .Select(file => ulong.TryParse(System.IO.Path.GetFileNameWithoutExtension(file), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : (ulong?)null)
            .OfType<ulong>().Order(),
    ];

    public string PathOf(ulong number) => Segment.PathOf(Path, number);

    public SafeFileHandle OpenSegment(ulong number) => File.OpenHandle(PathOf(number), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);

    /// <summary>A new file with its header; durable once it and the folder are flushed.</summary>
    public SafeFileHandle CreateSegment(ulong number) => File.OpenHandle(PathOf(number), FileMode.Create, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);

    /// <summary>A file that becomes a segment by <see cref="Install"/>, and is deleted at the next start where it did not.</summary>
    public SafeFileHandle CreateTemporary(ulong number) => File.OpenHandle(TemporaryOf(number), FileMode.Create, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);

    /// <summary>Puts the temporary file in the segment's place in one step.</summary>
    public void Install(ulong number)
    {
        File.Move(TemporaryOf(number), PathOf(number), overwrite: true);
        Flush();
    }

    public void Delete(ulong number)
    {
        File.Delete(PathOf(number));
        Flush();
    }

    /// <summary>Keeps a copy of a segment out of the way, and gives its name.</summary>
    public string CopyAside(ulong number)
    {
        var aside = AsideOf(number);
        File.Copy(PathOf(number), aside, overwrite: true);
        using (var copy = File.OpenHandle(aside, FileMode.Open, FileAccess.ReadWrite)) RandomAccess.FlushToDisk(copy);
        Flush();
        return aside;
    }

    /// <summary>Moves a segment out of the way, and gives its new name.</summary>
    public string MoveAside(ulong number)
    {
        var aside = AsideOf(number);
        File.Move(PathOf(number), aside, overwrite: true);
        Flush();
        return aside;
    }

    /// <summary>Makes names that were added, changed or removed durable.</summary>
    public void Flush()
    {
        if (_folder is not null) _disk.FlushFolder(_folder);
    }

    public void Dispose()
    {
        _folder?.Dispose();
        _lock.Dispose();
    }

    /// <summary>Makes the folder where it is not there yet, and its name in the one above durable, and theirs where those were missing too.</summary>
    private static void Create(string path, JournalDisk disk)
    {
        var above = Directory.Exists(path) ? null : System.IO.Path.GetDirectoryName(path);
        if (above is null) return;
        Create(above, disk);
        Directory.CreateDirectory(path);
        using var folder = OpenFolder(above);
        if (folder is not null) disk.FlushFolder(folder);
    }

    private static SafeFileHandle? OpenFolder(string path)
    {
        if (OperatingSystem.IsWindows()) return null;
        var folder = Open(path, OperatingSystem.IsLinux() ? CloseOnExec : 0);
        return folder.IsInvalid ? throw new IOException($"The folder {path} cannot be opened: {Marshal.GetLastPInvokeErrorMessage()}.") : folder;
    }

    private string AsideOf(ulong number) => PathOf(number) + AsideExtension;

    private string TemporaryOf(ulong number) => PathOf(number) + TemporaryExtension;

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial SafeFileHandle Open(string path, int flags);
}
