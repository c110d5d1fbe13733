using System.Buffers;
using System.Collections.Frozen;

namespace Notifier.Core.Events;

/// <summary>The rule for types of events, and the types that the service itself gives out (CONTRACT 2).</summary>
public static class EventType
{
    /// <summary>Longest type, in characters.</summary>
    public const int MaxLength = 64;

    /// <summary>The rule as a sentence for a caller who broke it.</summary>
    public const string Rule = "takes 1 to 64 characters of A-Z a-z 0-9 . _ : -, the first a letter";

    /// <summary>A message in a room.</summary>
    public const string Message = "message";

    /// <summary>A message from one user to another.</summary>
    public const string PrivateMessage = "private-message";

    /// <summary>A notification to one user.</summary>
    public const string Notification = "notification";

    /// <summary>A user's read state moved.</summary>
    public const string NotificationsRead = "notifications:read";

    /// <summary>A learner completed a lesson.</summary>
    public const string ProgressUpdated = "progress:updated";

    /// <summary>Changes of a room's members.</summary>
    public const string Presence = "presence";

    /// <summary>Somebody types, or has stopped.</summary>
    public const string Typing = "typing";

    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-");

    private static readonly FrozenSet<string> Reserved = FrozenSet.ToFrozenSet(
        ["welcome", "gap", Presence, Typing, "expired", "busy", "ping", "stats", "open", "error"], StringComparer.Ordinal);

    private static readonly FrozenSet<string> OfCommands = FrozenSet.ToFrozenSet(
        [Message, PrivateMessage, Notification, NotificationsRead, ProgressUpdated], StringComparer.Ordinal);

    /// <summary>True where <paramref name="type"/> keeps the <see cref="Rule"/>.</summary>
    public static bool IsValid(ReadOnlySpan<char> type) =>
        type.Length is >= 1 and <= MaxLength && char.IsAsciiLetter(type[0]) && !type.ContainsAnyExcept(Allowed);

    /// <summary>True for the service's own events, and for the two that a browser's <c>EventSource</c> has of its own.</summary>
    public static bool IsReserved(string type) => Reserved.Contains(type);

    /// <summary>True for types that only their own command may write, so that nobody fakes them.</summary>
    public static bool BelongsToCommand(string type) => OfCommands.Contains(type);
}
