namespace Notifier.Core.Metrics;

/// <summary>Which limit refused a request.</summary>
public enum RefusedLimit
{
    /// <summary><c>Commands:PermitsPerMinute</c> and <c>Commands:Burst</c>.</summary>
    Commands,

    /// <summary><c>Commands:PublisherPermitsPerMinute</c>.</summary>
    Publishers,

    /// <summary><c>Commands:EphemeralPerMinute</c>.</summary>
    Ephemeral,

    /// <summary><c>Commands:MaxBodyBytes</c>, or that of <c>/api/publish</c>.</summary>
    Body,

    /// <summary><c>Log:MaxEventBytes</c>.</summary>
    Event,

    /// <summary><c>Streams:MaxTopics</c>.</summary>
    Topics,

    /// <summary><c>Streams:MaxConnections</c>.</summary>
    Streams,

    /// <summary><c>Streams:MaxPerUser</c>.</summary>
    StreamsPerUser,
}
