using Notifier.Core.Events;
using Notifier.Core.Log;
using Notifier.Core.Topics;

namespace Notifier.Core.Presence;

/// <summary>
/// Where instances show each other whom they hold. An instance is the truth about its own streams; what it writes here is a copy, which it writes again
/// wherever it was lost. Reads and writes throw <see cref="LogUnavailableException"/> where the store cannot be reached; both are safe to repeat.
/// </summary>
internal interface IPresenceStore : IAsyncDisposable
{
    /// <summary>False where there is one instance, and nothing to write for others.</summary>
    bool IsShared { get; }

    /// <summary>Begins to report to <paramref name="rooms"/> which instances are gone, and when everything has to be written again.</summary>
    void Start(Rooms rooms);

    /// <summary>A room, as of one moment.</summary>
    ValueTask<SharedRoom> ReadAsync(TopicName room, CancellationToken cancellationToken);

    /// <summary>The room's version; other than the one that was last seen: something changed unheard.</summary>
    ValueTask<long> ReadVersionAsync(TopicName room, CancellationToken cancellationToken);

    /// <summary>Writes what this instance holds, and tells the others.</summary>
    ValueTask WriteAsync(TopicName room, IReadOnlyList<HoldingChange> changes, CancellationToken cancellationToken);

    /// <summary>Writes how many members rooms have in which this instance holds somebody; 0: it holds nobody any more.</summary>
    ValueTask WriteCountsAsync(IReadOnlyList<(TopicName Room, int Count)> counts, CancellationToken cancellationToken);

    /// <summary>The rooms in which other living instances hold somebody, with their counts, a moment old.</summary>
    ValueTask<IReadOnlyDictionary<string, int>> ReadCountsAsync(CancellationToken cancellationToken);

    /// <summary>What another instance tells; null where it is no such thing, or this instance's own.</summary>
    PresenceBell? Read(EphemeralEvent signal);

    /// <summary>True for the name of an instance that this one is, or was.</summary>
    bool IsOwn(string instance);
}
