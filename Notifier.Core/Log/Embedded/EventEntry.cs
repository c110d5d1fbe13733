using System.Runtime.InteropServices;
using Notifier.Core.Events;

namespace Notifier.Core.Log.Embedded;

/// <summary>Where one retained event lies: 24 bytes, all that memory holds of it.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal readonly record struct EventEntry(ulong Milliseconds, uint Sequence, uint Slot, uint Offset, uint Length)
{
    public LogPosition Position => new(Milliseconds, Sequence);
}
