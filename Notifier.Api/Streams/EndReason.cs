namespace Notifier.Api.Streams;

/// <summary>Why a stream ended.</summary>
internal enum EndReason
{
    /// <summary>It has not.</summary>
    None,

    /// <summary>The client went away.</summary>
    Client,

    /// <summary>The client took nothing for too long.</summary>
    Slow,

    /// <summary>Its token ran out.</summary>
    Expired,

    /// <summary>An admin ended it.</summary>
    Revoked,

    /// <summary>It reached <c>Streams:MaxAge</c>.</summary>
    MaxAge,

    /// <summary>The service is being shut down.</summary>
    Drain,
}
