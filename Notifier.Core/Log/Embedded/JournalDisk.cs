using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Notifier.Core.Log.Embedded;

/// <summary>What the journal asks of the disk where that can fail; a test puts a failing one in its place.</summary>
internal partial class JournalDisk
{
    public virtual void Write(SafeFileHandle file, ReadOnlyMemory<byte> bytes, long offset) => RandomAccess.Write(file, bytes.Span, offset);

    /// <summary>Returns once all that was written to the file is durable.</summary>
    public virtual void Flush(SafeFileHandle file) => RandomAccess.FlushToDisk(file);

    public virtual void SetLength(SafeFileHandle file, long length) => RandomAccess.SetLength(file, length);

    /// <summary>Makes names that were added to a folder, changed in it or removed durable, which flushing the files does not promise (POSIX fsync).</summary>
    public virtual void FlushFolder(SafeFileHandle folder)
    {
        if (Fsync(folder) != 0) throw new IOException($"A folder cannot be made durable: {Marshal.GetLastPInvokeErrorMessage()}.");
    }

    // The runtime refuses to open a folder, and to flush one.
    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(SafeFileHandle file);
}
