using Notifier.Core.Events;

namespace Notifier.Core.Inbox;

/// <summary>A user's inbox, as far as it was asked for.</summary>
/// <param name="Events">Oldest first.</param>
/// <param name="Unread">How many are held after the mark, shown or not.</param>
/// <param name="ReadUpTo">The mark; <see cref="LogPosition.Zero"/> where nothing was read yet.</param>
public sealed record InboxPage(IReadOnlyList<LoggedEvent> Events, int Unread, LogPosition ReadUpTo);
