using System.Text.Json;
using Notifier.Core.Events;
using Notifier.Core.Log;
using Notifier.Core.Topics;

namespace Notifier.Core.Inbox;

/// <summary>What was sent to a user and how far they have read: the notifications and private messages of their topic that they did not cause.</summary>
public sealed class UserInbox(IEventLog log, IReadMarks marks)
{
    private const int PageEvents = 256;

    /// <summary>The newest <paramref name="limit"/> of them, or of those that are unread, oldest first; and how many are unread of all that are held.</summary>
    /// <exception cref="LogUnavailableException">The store cannot be reached.</exception>
    public async ValueTask<InboxPage> ReadAsync(string user, bool unreadOnly, int limit, CancellationToken cancellationToken)
    {
        var topic = TopicName.User(user);
        var readUpTo = await marks.ReadAsync(user, cancellationToken);
        var events = new List<LoggedEvent>();
        var unread = 0;
        LogPosition? before = null;
        while (true)
        {
            var page = await log.ReadBackAsync(topic, before, PageEvents, cancellationToken);
            for (var i = page.Events.Count - 1; i >= 0; i--)
            {
                var logged = page.Events[i];
                var isUnread = logged.Position > readUpTo;
                if (!isUnread && (unreadOnly || events.Count == limit)) return Finish();
                if (!IsFor(user, logged)) continue;
                if (isUnread) unread++;
                if (events.Count < limit) events.Add(logged);
            }

            if (page.Events.Count < PageEvents) return Finish();
            before = page.Events[0].Position;
        }

        InboxPage Finish()
        {
            events.Reverse();
            return new(events, unread, readUpTo);
        }
    }

    /// <summary>
    /// Marks everything up to <paramref name="upTo"/> as read, or up to the newest event of the inbox where that is less: a position that was never given out
    /// must not swallow what is yet to come, and the events that tell of marks must not move them. Gives the mark where it has to be told, until
    /// <see cref="ToldAsync"/>; null where it did not move.
    /// </summary>
    /// <exception cref="LogUnavailableException">The store cannot be reached; it is safe to repeat.</exception>
    public async ValueTask<LogPosition?> MarkAsync(string user, LogPosition upTo, CancellationToken cancellationToken)
    {
        var mark = await marks.ReadAsync(user, cancellationToken);
        if (upTo > mark)
        {
            var newest = await FindNewestAsync(user, mark, cancellationToken);
            if (upTo > newest) upTo = newest;
        }

        return await marks.RaiseAsync(user, upTo, cancellationToken) ? upTo : null;
    }

    /// <summary>The user's devices were told of a mark that <see cref="MarkAsync"/> gave.</summary>
    /// <exception cref="LogUnavailableException">The store cannot be reached; it is safe to repeat.</exception>
    public ValueTask ToldAsync(string user, LogPosition mark, CancellationToken cancellationToken) => marks.ToldAsync(user, mark, cancellationToken);

    /// <summary>The newest event of the inbox after <paramref name="mark"/>; the mark where there is none.</summary>
    private async ValueTask<LogPosition> FindNewestAsync(string user, LogPosition mark, CancellationToken cancellationToken)
    {
        LogPosition? before = null;
        while (true)
        {
            var page = await log.ReadBackAsync(TopicName.User(user), before, PageEvents, cancellationToken);
            for (var i = page.Events.Count - 1; i >= 0; i--)
            {
                if (page.Events[i].Position <= mark) return mark;
                if (IsFor(user, page.Events[i])) return page.Events[i].Position;
            }

            if (page.Events.Count < PageEvents) return mark;
            before = page.Events[0].Position;
        }
    }

    private static bool IsFor(string user, LoggedEvent logged) =>
        logged.Type is EventType.Notification or EventType.PrivateMessage && SenderOf(logged.Frame.Envelope.Span) != user;

    private static string? SenderOf(ReadOnlySpan<byte> envelope)
    {
        var reader = new Utf8JsonReader(envelope);
        var isFrom = false;
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName) continue;
            if (reader.CurrentDepth == 1) isFrom = reader.ValueTextEquals("from"u8);
            else if (isFrom && reader.CurrentDepth == 2 && reader.ValueTextEquals("id"u8)) return reader.Read() ? reader.GetString() : null;
        }

        return null;
    }
}
