namespace Notifier.Core.Settings;

/// <summary>Section <c>Presence</c>: who is in a room.</summary>
public sealed record PresenceOptions
{
    /// <summary>How long a user without a connection still counts, in seconds, so that a reconnect tells nobody anything. Default 5; 0 to 60.</summary>
    [Setting("0", "60")]
    public int GraceSeconds { get; init; } = 5;

    /// <summary>Members up to which a room tells names, and over which it tells their count alone. Default 200; 0 to 1e6.</summary>
    [Setting("0", "1000000")]
    public int MaxListed { get; init; } = 200;
}
