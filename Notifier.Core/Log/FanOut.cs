using System.Runtime.CompilerServices;

namespace Notifier.Core.Log;

/// <summary>
/// The cursors of one topic, and the rounds that wake them. A round lets one subscription after the other go on, each until it waits again: what an
/// idle connection costs is its system call, and no hand-over from thread to thread. What comes during a round is told in the next one, together.
/// </summary>
/// <remarks>
/// The lock guards the list and the place where the round stands, and is never held while a subscription runs. A round goes from the end of the list to
/// its start, so that a removal, which moves the last cursor into the hole, moves one that was woken already.
/// </remarks>
internal sealed class FanOut : IThreadPoolWorkItem
{
    /// <summary>Cursors that are taken from the list at a time.</summary>
    private const int PieceLength = 32;

    /// <summary>Cursors still to be woken for which another thread is asked to join in.</summary>
    private const int CursorsPerThread = 1024;

    /// <summary>Cursors up to which a round stays on the thread that serves connections: about half a millisecond.</summary>
    private const int MaxLocalCursors = 64;

    private const int Idle = 0;
    private const int Running = 1;
    private const int AskedAgain = 2;

    private readonly Lock _gate = new();
    private readonly List<TopicCursor> _cursors = [];
    private Joining? _joining;
    private int _left;
    private int _state;

    public void Add(TopicCursor cursor)
    {
        lock (_gate)
        {
            cursor.Slot = _cursors.Count;
            _cursors.Add(cursor);
        }
    }

    public void Remove(TopicCursor cursor)
    {
        lock (_gate)
        {
            var last = _cursors[^1];
            _cursors[cursor.Slot] = last;
            last.Slot = cursor.Slot;
            _cursors.RemoveAt(_cursors.Count - 1);
        }
    }

    /// <summary>Wakes every cursor: in a round that begins now, or in the one after that which is under way.</summary>
    public void Begin()
    {
        if (Interlocked.CompareExchange(ref _state, Running, Idle) == Idle) Queue();
        else if (Interlocked.Exchange(ref _state, AskedAgain) == Idle) Queue();
    }

    void IThreadPoolWorkItem.Execute()
    {
        // Before any cursor is woken, or an append during the round would wake nobody.
        Interlocked.Exchange(ref _state, Running);
        lock (_gate) _left = _cursors.Count;
        WakeAll();

        // Queued anew instead of gone through here, so that a busy topic does not keep a thread to itself.
        if (Interlocked.CompareExchange(ref _state, Idle, Running) != Running) Queue();
    }

    private void Queue()
    {
        // The count is a hint: who reads it without the lock may be one off.
        if (_cursors.Count <= MaxLocalCursors && LocalRounds.OfThisThread is { } local) local.Add(this);
        else ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    private void WakeAll()
    {
        Piece piece = default;
        while (true)
        {
            int count;
            lock (_gate)
            {
                _left = Math.Min(_left, _cursors.Count);
                count = Math.Min(_left, PieceLength);
                _left -= count;
                for (var i = 0; i < count; i++) piece[i] = _cursors[_left + i].Subscription;
                if (_left >= CursorsPerThread) (_joining ??= new(this)).Ask();
            }

            if (count == 0) return;
            for (var i = count - 1; i >= 0; i--) piece[i].Run();
        }
    }

    [InlineArray(PieceLength)]
    private struct Piece
    {
        private Subscription _first;
    }

    /// <summary>Other threads that take pieces of a round that is long.</summary>
    private sealed class Joining(FanOut round) : IThreadPoolWorkItem
    {
        private int _threads = 1;

        /// <summary>Asks one more, where a processor may be free for it. Under the round's lock.</summary>
        public void Ask()
        {
            if (_threads >= Environment.ProcessorCount || round._left < _threads * CursorsPerThread) return;
            _threads++;
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }

        public void Execute()
        {
            round.WakeAll();
            lock (round._gate) _threads--;
        }
    }
}
