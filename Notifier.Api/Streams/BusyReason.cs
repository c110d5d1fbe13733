namespace Notifier.Api.Streams;

/// <summary>Why a stream is turned away at the door.</summary>
internal enum BusyReason
{
    /// <summary>The service is being shut down.</summary>
    Draining,

    /// <summary><c>Streams:MaxConnections</c> are open.</summary>
    Full,

    /// <summary><c>Streams:MaxPerUser</c> of this user are open.</summary>
    TooManyStreams,

    /// <summary>The store cannot be reached.</summary>
    Store,
}
