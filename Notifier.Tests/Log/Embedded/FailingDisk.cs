using Microsoft.Win32.SafeHandles;
using Notifier.Core.Log.Embedded;

namespace Notifier.Tests.Log.Embedded;

/// <summary>A disk that fails when it is told to.</summary>
internal sealed class FailingDisk : JournalDisk
{
    private TaskCompletionSource _awake = new();

    public FailingDisk() => Wake();

    /// <summary>Writes fail, after half of the bytes.</summary>
    public volatile bool IsFull;

    /// <summary>Flushes fail.</summary>
    public volatile bool CannotFlush;

    /// <summary>Flushes do not answer until <see cref="Wake"/>.</summary>
    public void Hang() => _awake = new();

    public void Wake() => _awake.TrySetResult();

    public override void Write(SafeFileHandle file, ReadOnlyMemory<byte> bytes, long offset)
    {
        if (!IsFull)
        {
            base.Write(file, bytes, offset);
            return;
        }

        base.Write(file, bytes[..(bytes.Length / 2)], offset);
        throw new IOException("No space left on device");
    }

    public override void Flush(SafeFileHandle file)
    {
        _awake.Task.Wait();
        if (CannotFlush) throw new IOException("Input/output error");
        base.Flush(file);
    }
}
