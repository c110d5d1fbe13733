namespace Notifier.Core.Log;

/// <summary>What became of an append.</summary>
public enum AppendOutcome
{
    /// <summary>The event is stored.</summary>
    Stored,

    /// <summary>An earlier append with the same once-key had stored it; nothing was stored now.</summary>
    Replayed,

    /// <summary>The once-key is bound to another body; nothing was stored.</summary>
    KeyTaken,

    /// <summary>The topic's newest event is not the one that the terms name; nothing was stored.</summary>
    HeadMoved,
}
