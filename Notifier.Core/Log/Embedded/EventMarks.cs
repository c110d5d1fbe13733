namespace Notifier.Core.Log.Embedded;

/// <summary>What an event's record says of its place in the topic.</summary>
[Flags]
internal enum EventMarks : byte
{
    None = 0,

    /// <summary>Entries before it were lost.</summary>
    Break = 1,

    /// <summary>Nothing was ever stored in the topic before it, so that <c>0-0</c> stands right before it.</summary>
    First = 2,
}
