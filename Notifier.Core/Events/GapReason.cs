namespace Notifier.Core.Events;

/// <summary>Why a log does not go on from where a reader stands.</summary>
public enum GapReason
{
    /// <summary>Retention passed the reader.</summary>
    Trimmed,

    /// <summary>The log was emptied, restored, or failed over to a copy that lacked its newest entries.</summary>
    Reset,
}
