using Notifier.Core.Events;
using Notifier.Core.Log.Embedded;

namespace Notifier.Core.Inbox;

/// <summary>Read marks in the embedded log's journal.</summary>
public sealed class JournalReadMarks(JournalEventLog log) : IReadMarks
{
    public ValueTask<LogPosition> ReadAsync(string user, CancellationToken cancellationToken) =>
        ValueTask.FromResult(log.State.TryGet(StateSpace.ReadMark, user, nowMs: 0, out var mark) ? StoredPosition.Decode(mark) : LogPosition.Zero);

    public async ValueTask<bool> RaiseAsync(string user, LogPosition upTo, CancellationToken cancellationToken) => await log.WriteAsync(batch =>
    {
        if (batch.TryGet(StateSpace.ReadMark, user, out var mark) && upTo <= StoredPosition.Decode(mark)) return false;
        if (upTo == LogPosition.Zero) return false;
        batch.Put(StateSpace.ReadMark, user, StoredPosition.Encode(upTo));
        return true;
    });
}
