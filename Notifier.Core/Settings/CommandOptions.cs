namespace Notifier.Core.Settings;

/// <summary>Section <c>Commands</c>: what a caller may send.</summary>
public sealed record CommandOptions
{
    /// <summary>Bytes of a command's body, but for <c>/api/publish</c> (1 MiB); over it 413. Default 16384; 256 to 16 MiB.</summary>
    [Setting("256", "16777216")]
    public int MaxBodyBytes { get; init; } = 16384;

    /// <summary>Commands of one user a minute, or of one address without a user. Default 600; 1 to 1e9.</summary>
    [Setting("1", "1000000000")]
    public int PermitsPerMinute { get; init; } = 600;

    /// <summary>Commands of one user at once, before the rate counts. Default 60; 1 to 1e9.</summary>
    [Setting("1", "1000000000")]
    public int Burst { get; init; } = 60;

    /// <summary>Typing and ephemeral events of one user a minute. Default 3000; 1 to 1e9.</summary>
    [Setting("1", "1000000000")]
    public int EphemeralPerMinute { get; init; } = 3000;

    /// <summary>Commands a minute of one caller with role <c>publisher</c> or <c>admin</c>. Default 60000; 1 to 1e9.</summary>
    [Setting("1", "1000000000")]
    public int PublisherPermitsPerMinute { get; init; } = 60_000;
}
