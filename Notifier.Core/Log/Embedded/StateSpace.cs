namespace Notifier.Core.Log.Embedded;

/// <summary>Whose a kept value is. A number is never given to another space: it stands in journals.</summary>
internal enum StateSpace : byte
{
    /// <summary>The store's own.</summary>
    Store = 1,

    /// <summary>Once-keys.</summary>
    Once = 2,

    /// <summary>Completed lessons.</summary>
    Completion = 3,

    /// <summary>How many lessons a learner has completed.</summary>
    CompletionCount = 4,

    /// <summary>Read marks.</summary>
    ReadMark = 5,

    /// <summary>Small values of other parts, through <see cref="JournalValues"/>.</summary>
    Value = 6,
}
