using Notifier.Core.Events;

namespace Notifier.Core.Log;

/// <summary>Where a subscription starts in a topic. Without any of these it starts with what happens next.</summary>
public sealed record StartPoint
{
    /// <summary>Starts with what happens next.</summary>
    public static StartPoint Now { get; } = new();

    /// <summary>Right after this position, with a gap where the log does not go on from it; the others do not count then.</summary>
    public LogPosition? After { get; init; }

    /// <summary>With the first event of this moment or later.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>With the newest so many events; where <see cref="Since"/> is given too, the later of the two starts.</summary>
    public int? Last { get; init; }

    /// <summary>Which events <see cref="Last"/> counts; null: all.</summary>
    public Func<LoggedEvent, bool>? Counts { get; init; }
}
