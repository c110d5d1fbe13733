using Notifier.Core.Events;

namespace Notifier.Core.Log;

/// <summary>The answer to an append.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="Position">Where the event is stored; for <see cref="AppendOutcome.HeadMoved"/> the topic's newest position.</param>
/// <param name="CommandId">The command id of the event that is stored: the first one's, where this append was a retry.</param>
public readonly record struct AppendResult(AppendOutcome Outcome, LogPosition Position, string? CommandId = null)
{
    /// <summary>True where the event is in the log, by this append or by an earlier one.</summary>
    public bool IsStored => Outcome is AppendOutcome.Stored or AppendOutcome.Replayed;
}
