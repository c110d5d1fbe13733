namespace Notifier.Core.Log;

/// <summary>What a tail has for a cursor.</summary>
internal enum TailRead
{
    /// <summary>The cursor is at the head.</summary>
    Nothing,

    /// <summary>A stored event.</summary>
    Event,

    /// <summary>An event that is not stored.</summary>
    Signal,

    /// <summary>The cursor stands outside what the tail holds: the log knows.</summary>
    Elsewhere,
}
