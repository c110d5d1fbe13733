using System.Collections.Concurrent;
using Microsoft.Win32.SafeHandles;
using Notifier.Core.Log.Embedded;

namespace Notifier.Tests.Log.Embedded;

/// <summary>A disk that fails when it is told to, and that can lose its power.</summary>
internal sealed class FailingDisk : JournalDisk
{
    private readonly ConcurrentDictionary<string, ConcurrentStack<(long From, byte[] Bytes)>> _cut = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _flushedFolders = new();
    private TaskCompletionSource _awake = new();
    private TaskCompletionSource _hung = new();
    private long _rewrittenBytes;

    public FailingDisk() => Wake();

    /// <summary>Writes fail, after half of the bytes.</summary>
    public volatile bool IsFull;

    /// <summary>Flushes fail.</summary>
    public volatile bool CannotFlush;

    /// <summary>Bytes of whole segments that were written anew, their headers aside.</summary>
    public long RewrittenBytes => Volatile.Read(ref _rewrittenBytes);

    /// <summary>Folders that were flushed, in order.</summary>
    public IReadOnlyList<string> FlushedFolders => [.. _flushedFolders];

    /// <summary>The file or folder that a handle is open on.</summary>
    public static string PathOf(SafeFileHandle file) => new FileInfo($"/proc/self/fd/{file.DangerousGetHandle()}").ResolveLinkTarget(returnFinalTarget: false)!.FullName;

    /// <summary>Flushes do not answer until <see cref="Wake"/>; completes once one waits.</summary>
    public Task Hang()
    {
        _hung = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _awake = new();
        return _hung.Task;
    }

    public void Wake() => _awake.TrySetResult();

    /// <summary>What was written had got to the disk by itself, and what was cut off and not flushed since had not: it is there again.</summary>
    public void LosePower()
    {
        foreach (var (path, cuts) in _cut)
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite);
            while (cuts.TryPop(out var cut)) RandomAccess.Write(file, cut.Bytes, cut.From);
        }
    }

    public override void Write(SafeFileHandle file, ReadOnlyMemory<byte> bytes, long offset)
    {
        if (!IsFull)
        {
            if (offset == 0) Interlocked.Add(ref _rewrittenBytes, bytes.Length - JournalFormat.HeaderBytes);
            base.Write(file, bytes, offset);
            return;
        }

        base.Write(file, bytes[..(bytes.Length / 2)], offset);
        throw new IOException("No space left on device");
    }

    public override void SetLength(SafeFileHandle file, long length)
    {
        if (RandomAccess.GetLength(file) - length is > 0 and var count)
        {
            var bytes = new byte[count];
            RandomAccess.Read(file, bytes, length);
            _cut.GetOrAdd(PathOf(file), _ => new()).Push((length, bytes));
        }

        base.SetLength(file, length);
    }

    public override void Flush(SafeFileHandle file)
    {
        if (!_awake.Task.IsCompleted) _hung.TrySetResult();
        _awake.Task.Wait();
        if (CannotFlush) throw new IOException("Input/output error");
        base.Flush(file);
        _cut.TryRemove(PathOf(file), out _);
    }

    public override void FlushFolder(SafeFileHandle folder)
    {
        base.FlushFolder(folder);
        _flushedFolders.Enqueue(PathOf(folder));
    }
}
