using System.Collections.Concurrent;
using System.ComponentModel;
using System.Runtime.InteropServices;
using Notifier.Core.Log;

namespace Notifier.Api.Transport;

/// <summary>
/// A thread that waits for its share of the sockets and handles what they bring where it is: a request is read, answered, and the small rounds that it
/// begins are gone through on this thread, with no hand-over to another.
/// </summary>
/// <remarks>
/// The lock guards the table of targets and the end of the loop's own descriptors. An event names its target by number and generation, so that one that was
/// fetched before its connection was closed does not reach the next that is given the number.
/// </remarks>
internal sealed unsafe partial class EpollLoop : IDisposable
{
    private const int MaxEvents = 64;
    private const int ScratchBytes = 64 * 1024;

    /// <summary>The kernel packs its event on x64 alone.</summary>
    private static readonly int EventBytes = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;

    private static readonly int DataOffset = EventBytes - sizeof(long);

    private readonly Lock _gate = new();
    private readonly int _epoll;
    private readonly int _wake;
    private readonly ConcurrentQueue<EpollConnection> _resumed = new();
    private readonly LocalRounds _rounds = new();
    private readonly byte[] _scratch = GC.AllocateUninitializedArray<byte>(ScratchBytes, pinned: true);
    private readonly ILogger _logger;
    private Slot[] _slots = new Slot[256];
    private volatile bool _isStopped;
    private bool _isClosed;

    public EpollLoop(int number, ILogger logger)
    {
        _logger = logger;
        _epoll = Check(Libc.EpollCreate(Libc.CloseOnExec));
        _wake = Check(Libc.EventDescriptor(0, Libc.CloseOnExec | Libc.NonBlocking));
        Check(Watch(_wake, Libc.Readable, generation: 0));
        new Thread(Run) { IsBackground = true, Name = $"Connections {number}" }.Start();
    }

    /// <summary>Where a receive puts its bytes until they are in a pipe, so that a connection that is silent holds no buffer. For the loop's thread alone.</summary>
    public Span<byte> Scratch => _scratch;

    /// <summary>Begins to tell a target what its descriptor is ready for: each change once. False where the kernel has no room for it.</summary>
    public bool TryAdd(int descriptor, IEpollTarget target)
    {
        lock (_gate)
        {
            if (_isClosed) return false;
            if (descriptor >= _slots.Length) Array.Resize(ref _slots, Math.Max(_slots.Length * 2, descriptor + 1));
            ref var slot = ref _slots[descriptor];
            slot.Target = target;
            slot.Generation++;
            if (Watch(descriptor, Libc.Readable | Libc.Writable | Libc.Urgent | Libc.PeerClosed | Libc.EdgeTriggered, slot.Generation) == 0) return true;
            slot.Target = null;
            return false;
        }
    }

    /// <summary>Forgets a descriptor that is about to be closed, which takes it out of the kernel's list.</summary>
    public void Remove(int descriptor)
    {
        lock (_gate) _slots[descriptor].Target = null;
    }

    /// <summary>Lets a connection read on that had stopped, on the loop's thread.</summary>
    public void Resume(EpollConnection connection)
    {
        _resumed.Enqueue(connection);
        Wake();
    }

    /// <summary>Tells of what went wrong where nobody else is there to be told.</summary>
    public void Report(Exception error) => LogFailed(_logger, error);

    /// <summary>Has the thread end, and with it every connection that is left. It is not waited for: what ends the server may be running on it.</summary>
    public void Dispose()
    {
        if (_isStopped) return;
        _isStopped = true;
        Wake();
    }

    private static int Check(int result) => result >= 0 ? result : throw new Win32Exception(Libc.LastError);

    private int Watch(int descriptor, uint events, uint generation)
    {
        var change = stackalloc byte[EventBytes];
        *(uint*)change = events;
        *(long*)(change + DataOffset) = ((long)generation << 32) | (uint)descriptor;
        return Libc.EpollControl(_epoll, Libc.AddToEpoll, descriptor, change);
    }

    private void Wake()
    {
        ulong one = 1;
        lock (_gate)
        {
            if (!_isClosed) _ = Libc.Write(_wake, &one, sizeof(ulong));
        }
    }

    private void Run()
    {
        LocalRounds.OfThisThread = _rounds;
        var events = stackalloc byte[EventBytes * MaxEvents];
        while (!_isStopped)
        {
            var count = Libc.EpollWait(_epoll, events, MaxEvents, _rounds.IsEmpty ? -1 : 0);
            if (count < 0 && Libc.LastError != Libc.Interrupted) throw new Win32Exception(Libc.LastError);
            for (var i = 0; i < count; i++)
            {
                var ready = events + (i * EventBytes);
                var name = *(long*)(ready + DataOffset);
                if ((int)name == _wake) ReadOn();
                else Target(name)?.OnReady(*(uint*)ready);
            }

            _rounds.Run();
        }

        // What was begun here is still gone through; what is to be gone through anew goes to the pool.
        LocalRounds.OfThisThread = null;
        while (!_rounds.IsEmpty) _rounds.Run();
        foreach (var connection in Left()) connection.OnStopped();
        lock (_gate)
        {
            _isClosed = true;
            Libc.Close(_wake);
            Libc.Close(_epoll);
        }
    }

    private IEpollTarget? Target(long name)
    {
        lock (_gate)
        {
            ref var slot = ref _slots[(int)name];
            return slot.Generation == (uint)(name >> 32) ? slot.Target : null;
        }
    }

    private EpollConnection[] Left()
    {
        lock (_gate) return [.. _slots.Select(slot => slot.Target).OfType<EpollConnection>()];
    }

    private void ReadOn()
    {
        ulong count;
        _ = Libc.Read(_wake, &count, sizeof(ulong));

        // Those that come back at once have to wait for the others' turn.
        for (var left = _resumed.Count; left > 0 && _resumed.TryDequeue(out var connection); left--) connection.OnResumed();
        if (!_resumed.IsEmpty) Wake();
    }

    [LoggerMessage(LogLevel.Error, "What was to be done at the end of a connection failed.")]
    private static partial void LogFailed(ILogger logger, Exception error);

    private struct Slot
    {
        public IEpollTarget? Target;
        public uint Generation;
    }
}
