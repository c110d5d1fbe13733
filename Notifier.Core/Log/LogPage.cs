using Notifier.Core.Events;

namespace Notifier.Core.Log;

/// <summary>A piece of one topic's log, as of one moment.</summary>
/// <param name="Events">Oldest first.</param>
/// <param name="Head">The newest position that was given out, whether its event is still held or not.</param>
public sealed record LogPage(IReadOnlyList<LoggedEvent> Events, LogPosition Head);
