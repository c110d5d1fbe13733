using Notifier.Core.Events;
using Notifier.Core.Topics;

namespace Notifier.Core.Log;

/// <summary>Reads that take several pages of a log.</summary>
public static class EventLogReads
{
    /// <summary>Events looked through for those that count, so that a filter which nothing fits cannot read a whole log.</summary>
    public const int MaxScannedEvents = 10_000;

    private const int PageEvents = 256;

    /// <summary>
    /// The position before the newest <paramref name="count"/> events that count, or before all of them where fewer do; the head where none does.
    /// </summary>
    public static async ValueTask<LogPosition> FindLastAsync(
        this IEventLog log, TopicName topic, int count, Func<LoggedEvent, bool>? counts, CancellationToken cancellationToken)
    {
        LogPosition? found = null, before = null;
        for (var scanned = 0; scanned < MaxScannedEvents;)
        {
            var page = await log.ReadBackAsync(topic, before, PageEvents, cancellationToken);
            for (var i = page.Events.Count - 1; i >= 0; i--)
            {
                if (counts is not null && !counts(page.Events[i])) continue;
                found = page.Events[i].Predecessor;
                if (--count == 0) return found.Value;
            }

            if (page.Events.Count < PageEvents) return found ?? page.Head;
            scanned += page.Events.Count;
            before = page.Events[0].Position;
        }

        return found ?? before!.Value;
    }
}
