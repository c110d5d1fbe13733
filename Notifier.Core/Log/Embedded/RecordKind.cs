namespace Notifier.Core.Log.Embedded;

/// <summary>What a record of the journal holds.</summary>
internal enum RecordKind : byte
{
    /// <summary>An event.</summary>
    Event = 1,

    /// <summary>A value that is kept under a key.</summary>
    State = 2,

    /// <summary>The newest position of a topic whose events are gone.</summary>
    Head = 3,

    /// <summary>An event, and the trace of the command that stored it. A version that does not know the kind refuses the journal rather than read the trace as a body.</summary>
    TracedEvent = 4,
}
