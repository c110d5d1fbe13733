using Notifier.Core.Events;

namespace Notifier.Core.Progress;

/// <summary>The answer to a completion.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="Position">Where the first completion's event is stored in the class's room.</param>
/// <param name="IsReplay">The once-key was known, and the outcome is that of its first use.</param>
public readonly record struct CompletionResult(CompletionOutcome Outcome, LogPosition Position, bool IsReplay = false);
