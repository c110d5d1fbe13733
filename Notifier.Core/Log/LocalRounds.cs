namespace Notifier.Core.Log;

/// <summary>
/// Rounds that the thread they were begun on goes through itself, when it has done with what it is at. A thread that has one of these serves connections and
/// comes back soon: a small round there costs no hand-over to another.
/// </summary>
/// <remarks>For its own thread alone.</remarks>
public sealed class LocalRounds
{
    [ThreadStatic]
    private static LocalRounds? _ofThisThread;

    private readonly Queue<IThreadPoolWorkItem> _rounds = new();

    /// <summary>Those of the calling thread; null where it has none, and rounds go to the pool.</summary>
    public static LocalRounds? OfThisThread
    {
        get => _ofThisThread;
        set => _ofThisThread = value;
    }

    /// <summary>True where the calling thread serves connections, and is not to be held up: by a disk, say.</summary>
    public static bool IsHere => _ofThisThread is not null;

    /// <summary>True where nothing is left to run.</summary>
    public bool IsEmpty => _rounds.Count == 0;

    /// <summary>Runs what was begun before the call. A round that is to be gone through anew waits for the next.</summary>
    public void Run()
    {
        for (var left = _rounds.Count; left > 0; left--) _rounds.Dequeue().Execute();
    }

    internal void Add(IThreadPoolWorkItem round) => _rounds.Enqueue(round);
}
