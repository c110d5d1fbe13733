using Microsoft.Win32.SafeHandles;

namespace Notifier.Core.Log.Embedded;

/// <summary>What the journal asks of the disk where that can fail; a test puts a failing one in its place.</summary>
internal class JournalDisk
{
    public virtual void Write(SafeFileHandle file, ReadOnlyMemory<byte> bytes, long offset) => RandomAccess.Write(file, bytes.Span, offset);

    /// <summary>Returns once all that was written to the file is durable.</summary>
    public virtual void Flush(SafeFileHandle file) => RandomAccess.FlushToDisk(file);

    public virtual void SetLength(SafeFileHandle file, long length) => RandomAccess.SetLength(file, length);
}
