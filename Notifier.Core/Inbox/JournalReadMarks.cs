using Notifier.Core.Events;
using Notifier.Core.Log.Embedded;

namespace Notifier.Core.Inbox;

/// <summary>Read marks in the embedded log's journal: a position each, and one byte more while nobody was told of it.</summary>
public sealed class JournalReadMarks(JournalEventLog log) : IReadMarks
{
    public ValueTask<LogPosition> ReadAsync(string user, CancellationToken cancellationToken) =>
        ValueTask.FromResult(log.State.TryGet(StateSpace.ReadMark, user, nowMs: 0, out var mark) ? StoredPosition.Decode(mark) : LogPosition.Zero);

    public async ValueTask<bool> RaiseAsync(string user, LogPosition upTo, CancellationToken cancellationToken) => await log.WriteAsync(batch =>
    {
        if (batch.TryGet(StateSpace.ReadMark, user, out var mark) && upTo <= StoredPosition.Decode(mark)) return upTo == StoredPosition.Decode(mark) && !IsTold(mark);
        if (upTo == LogPosition.Zero) return false;
        batch.Put(StateSpace.ReadMark, user, [.. StoredPosition.Encode(upTo), 0]);
        return true;
    });

    public async ValueTask ToldAsync(string user, LogPosition upTo, CancellationToken cancellationToken) => await log.WriteAsync(batch =>
    {
        var isNews = batch.TryGet(StateSpace.ReadMark, user, out var mark) && upTo == StoredPosition.Decode(mark) && !IsTold(mark);
        if (isNews) batch.Put(StateSpace.ReadMark, user, StoredPosition.Encode(upTo));
        return isNews;
    });

    private static bool IsTold(byte[] mark) => mark.Length == StoredPosition.Bytes;
}
