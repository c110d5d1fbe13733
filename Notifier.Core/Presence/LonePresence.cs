using System.Collections.Immutable;
using Notifier.Core.Events;
using Notifier.Core.Topics;

namespace Notifier.Core.Presence;

/// <summary>Presence beside the embedded log: one instance, which knows everybody.</summary>
internal sealed class LonePresence : IPresenceStore
{
    public bool IsShared => false;

    public void Start(Rooms rooms)
    {
    }

    public ValueTask<SharedRoom> ReadAsync(TopicName room, CancellationToken cancellationToken) => ValueTask.FromResult(new SharedRoom(0, [], []));

    public ValueTask<long> ReadVersionAsync(TopicName room, CancellationToken cancellationToken) => ValueTask.FromResult(0L);

    public ValueTask WriteAsync(TopicName room, IReadOnlyList<HoldingChange> changes, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public ValueTask WriteCountsAsync(IReadOnlyList<(TopicName Room, int Count)> counts, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public ValueTask<IReadOnlyDictionary<string, int>> ReadCountsAsync(CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyDictionary<string, int>>(ImmutableDictionary<string, int>.Empty);

    public PresenceBell? Read(EphemeralEvent signal) => null;

    public bool IsOwn(string instance) => true;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
