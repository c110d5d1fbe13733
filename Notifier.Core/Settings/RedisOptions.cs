namespace Notifier.Core.Settings;

/// <summary>Section <c>Redis</c>: the store that several instances share.</summary>
public sealed record RedisOptions
{
    /// <summary>A StackExchange.Redis connection string. Default empty: the embedded log.</summary>
    public string Configuration { get; init; } = "";

    /// <summary>First part of every key, so that several services can share a server. Default <c>ntf</c>.</summary>
    public string KeyPrefix { get; init; } = "ntf";
}
