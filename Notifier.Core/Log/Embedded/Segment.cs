using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace Notifier.Core.Log.Embedded;

/// <summary>
/// One file of the journal, open for as long as somebody reads it. Merged segments stand for all the numbers from their first to their last, so that
/// a missing file is noticed.
/// </summary>
internal sealed class Segment(string folder, ulong first, ulong last, SafeFileHandle file)
{
    public const string Extension = ".log";

    private readonly Lock _gate = new();
    private int _leases;
    private bool _isRetired;
    private long _liveBytes;

    public ulong First { get; } = first;

    public ulong Last { get; } = last;

    public string Path { get; } = PathOf(folder, first);

    public SafeFileHandle File { get; } = file;

    /// <summary>By what number the index names it.</summary>
    public uint Slot { get; set; }

    /// <summary>Bytes up to the end of its last commit.</summary>
    public long Length { get; set; }

    /// <summary>True where it holds records of events, needed or not; else dropping events gains nothing in it.</summary>
    public bool HasEvents { get; set; }

    /// <summary>It could not be read whole while the log was open: it is left as it is until a restart.</summary>
    public bool IsSpoilt { get; set; }

    /// <summary>Bytes of its records that are still needed, about.</summary>
    public long LiveBytes => Volatile.Read(ref _liveBytes);

    public static string PathOf(string folder, ulong number) => System.IO.Path.Combine(folder, number.ToString("D16", CultureInfo.InvariantCulture) + Extension);

    public void AddLive(long bytes) => Interlocked.Add(ref _liveBytes, bytes);

    /// <summary>Keeps the file open until <see cref="Release"/>. Taken under the lock of a topic whose index names the segment.</summary>
    public void Lease()
    {
        lock (_gate) _leases++;
    }

    public void Release()
    {
        lock (_gate)
        {
            if (--_leases > 0 || !_isRetired) return;
        }

        File.Dispose();
    }

    /// <summary>Nothing names it any more: the file is closed with the last reader.</summary>
    public void Retire()
    {
        lock (_gate)
        {
            _isRetired = true;
            if (_leases > 0) return;
        }

        File.Dispose();
    }
}
