namespace Notifier.Core.Settings;

/// <summary>Section <c>Streams</c>: what an open stream may take and how it is kept alive.</summary>
public sealed record StreamOptions
{
    /// <summary>Silence after which a heartbeat goes out, in seconds. Default 15; 1 to 300.</summary>
    [Setting("1", "300")]
    public int HeartbeatSeconds { get; init; } = 15;

    /// <summary>What a stream tells its client to wait before it comes back, in milliseconds, each with a jitter of 50 %. Default 2000; 1 to 3,600,000.</summary>
    [Setting("1", "3600000")]
    public int RetryMs { get; init; } = 2000;

    /// <summary>Streams of this instance in all; over it new ones are turned away. Default 100000; 1 to 1e7.</summary>
    [Setting("1", "10000000")]
    public int MaxConnections { get; init; } = 100_000;

    /// <summary>Streams of one user on this instance; over it new ones are turned away. Default 20; 1 to 1e6.</summary>
    [Setting("1", "1000000")]
    public int MaxPerUser { get; init; } = 20;

    /// <summary>Topics on one stream; more is 400. Default 64; 1 to 256, which is what a last id has room for.</summary>
    [Setting("1", "256")]
    public int MaxTopics { get; init; } = 64;

    /// <summary>How long a client may take nothing before its stream is ended, in seconds. Default 30; 1 to 600.</summary>
    [Setting("1", "600")]
    public int WriteTimeoutSeconds { get; init; } = 30;

    /// <summary>Age at which a stream ends by itself, each with a jitter of 10 %. Default 1 h; 1 s to 365 days.</summary>
    [Setting("00:00:01", "365.00:00:00")]
    public TimeSpan MaxAge { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Time over which open streams are ended on SIGTERM, in seconds. Default 10; 0 to 600; 0 ends all at once.</summary>
    [Setting("0", "600")]
    public int DrainSeconds { get; init; } = 10;
}
