namespace Notifier.Core.Progress;

/// <summary>What became of a completion.</summary>
public enum CompletionOutcome
{
    /// <summary>It is recorded and told.</summary>
    First,

    /// <summary>The learner had completed the lesson before; nobody was told again.</summary>
    Again,

    /// <summary>The once-key is bound to another body; nothing was recorded.</summary>
    KeyTaken,
}
