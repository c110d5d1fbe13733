using Notifier.Core.Events;

namespace Notifier.Core.Metrics;

/// <summary>
/// Types of events as metrics tell them apart: those that commands write, and all others as one, since publishers choose types freely and
/// each would be a time series.
/// </summary>
public static class CountedType
{
    /// <summary>What the types of publishers count as.</summary>
    public const string Other = "other";

    private static readonly string[] Known =
        [Other, EventType.Message, EventType.PrivateMessage, EventType.Notification, EventType.NotificationsRead, EventType.ProgressUpdated];

    /// <summary>How many there are.</summary>
    public static int Count => Known.Length;

    /// <summary>The number of a type; 0 for one that has none of its own.</summary>
    public static int IndexOf(string type) => Math.Max(0, Array.IndexOf(Known, type));

    /// <summary>The label of the type with this number.</summary>
    public static string NameOf(int index) => Known[index];
}
