using Notifier.Core.Events;

namespace Notifier.Tests.Faults;

/// <summary>Something that a client was shown in one topic.</summary>
internal abstract record Sighting(LogPosition Position)
{
    /// <summary>A stream began, and said that it reads from here.</summary>
    public sealed record Start(LogPosition Position) : Sighting(Position);

    /// <summary>An event.</summary>
    public sealed record Event(LogPosition Position, string Text) : Sighting(Position);

    /// <summary>A gap: nothing between <paramref name="After"/> and the position can be had any more.</summary>
    public sealed record Gap(LogPosition After, LogPosition Position, string Reason) : Sighting(Position);
}
