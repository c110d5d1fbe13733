namespace Notifier.Api.Queries.Caching;

/// <summary>What an answer is made of, and so what drops it.</summary>
internal enum AnswerKind
{
    /// <summary>A topic's events, and what they stand for: history, progress, inbox.</summary>
    Events,

    /// <summary>Who is in a room.</summary>
    Presence,

    /// <summary>Which rooms have members.</summary>
    Rooms,
}
