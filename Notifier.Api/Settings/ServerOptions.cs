namespace Notifier.Api.Settings;

/// <summary>Section <c>Server</c>: how connections are served.</summary>
internal sealed record ServerOptions
{
    public const string Epoll = "epoll";
    public const string Sockets = "sockets";

    /// <summary>
    /// What carries connections: <c>epoll</c>, the service's own transport, which sends where it flushes and needs Linux, or <c>sockets</c>, that of ASP.NET
    /// Core. Default: epoll on Linux, sockets elsewhere.
    /// </summary>
    public string Transport { get; init; } = OperatingSystem.IsLinux() ? Epoll : Sockets;

    /// <summary>
    /// Whether streams over plain HTTP/1.1 write to their connection themselves, past the server's response writer; on epoll alone. Default: true.
    /// </summary>
    public bool DirectStreams { get; init; } = true;
}
