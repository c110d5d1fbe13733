namespace Notifier.Api.Settings;

/// <summary>Section <c>Proxy</c>: whose word on the client's address is taken.</summary>
internal sealed record ProxyOptions
{
    /// <summary>CIDRs of proxies whose <c>X-Forwarded-For</c> and <c>-Proto</c> are believed, separated by commas. Default empty: none.</summary>
    public string[] KnownNetworks { get; init; } = [];
}
