using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Notifier.Api.Settings;
using Notifier.Api.Transport;

namespace Notifier.Api.Operations;

/// <summary>Where the server listens, and what it takes from one connection.</summary>
internal static class Listening
{
    /// <summary>Connections beside those of streams: commands, queries, probes, and who is turned away at the door.</summary>
    private const int OtherConnections = 10_000;

    /// <summary>What one connection may hold here of bytes that its client has not taken: where it is full, the stream waits.</summary>
    private const int MaxResponseBufferBytes = 32 * 1024;

    /// <summary>What one connection may hold of bytes that nobody has read yet, such as what a client sends behind its request for a stream.</summary>
    private const int MaxRequestBufferBytes = 64 * 1024;

    /// <summary>
    /// What the kernel may hold of them in turn. Left to itself it lets a connection that is not read grow to 4 MiB, and a thousand of those take a machine
    /// down. 64 KiB in flight are 1.3 MB/s at 50 ms.
    /// </summary>
    private const int SendBufferBytes = 64 * 1024;

    /// <summary>Past <c>Streams:WriteTimeoutSeconds</c>.</summary>
    private const int VanishedAfterSeconds = 15;

    /// <summary>After a cut all clients of an instance come at once; whom the queue has no room for tries again a second later, and then three.</summary>
    private const int Backlog = 4096;

    private const int IpProtoTcp = 6;

    /// <summary>Linux' TCP_USER_TIMEOUT (RFC 5482).</summary>
    private const int TcpUserTimeout = 18;

    private const string DefaultUrl = "http://localhost:3001";

    /// <summary>64 topics with their positions do not fit into the 8 KiB that the server allows a request line by default.</summary>
    private const int MaxRequestLineBytes = 16 * 1024;

    public static void UseListening(this WebApplicationBuilder builder, NotifierSettings settings, string[] args)
    {
        var addresses = Addresses(builder.Configuration, settings, args);
        builder.WebHost.UseUrls(addresses);

        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            SetLimits(kestrel.Limits);

            // A transport of ours counts its connections itself: the server would do it with 250 bytes of each. It serves IP alone.
            var isOursAlone = settings.Server.Transport == ServerOptions.Epoll && !Array.Exists(addresses, static address => address.Contains("//unix:", StringComparison.OrdinalIgnoreCase));
            if (!isOursAlone) kestrel.Limits.MaxConcurrentConnections = MaxConnections(settings);
        });
        builder.WebHost.UseSockets(sockets =>
        {
            sockets.CreateBoundListenSocket = endpoint => Bind(endpoint, settings.Streams.WriteTimeoutSeconds);
            sockets.MaxWriteBufferSize = MaxResponseBufferBytes;
            sockets.MaxReadBufferSize = MaxRequestBufferBytes;
            sockets.Backlog = Backlog;
        });

        // Nothing here blocks a thread, so what a socket brings is handled where it arrives, and sent from where it is written.
        builder.WebHost.UseSockets(sockets => sockets.UnsafePreferInlineScheduling = true);
        if (settings.Server.Transport == ServerOptions.Epoll)
        {
            builder.Services.AddSingleton(new EpollTransportOptions
            {
                CreateBoundSocket = endpoint => Bind(endpoint, settings.Streams.WriteTimeoutSeconds),
                Backlog = Backlog,
                MaxReadBufferBytes = MaxRequestBufferBytes,
                AllowsDirectOutput = settings.Server.DirectStreams,
                MaxConnections = MaxConnections(settings),
            });

            // Asked before the server's own, which was added earlier: for addresses of IP it says yes.
            builder.Services.AddSingleton<IConnectionListenerFactory, EpollTransport>();
        }

        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(settings.Streams.DrainSeconds + 5));
    }

    /// <summary>
    /// Keeps what is for operators to their port, where there is one, and everything else off it. The port is that of the connection: a Host header
    /// would be the client's to choose.
    /// </summary>
    public static void UseOperationsPort(this IApplicationBuilder app, NotifierSettings settings)
    {
        if (settings.Operations.Port is not { } port) return;

        app.Use((http, next) =>
        {
            var isOperations = http.Connection.LocalPort == port;
            var path = http.Request.Path;
            if (isOperations ? IsForOperators(path) || IsProbe(path) : !IsForOperators(path)) return next(http);
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return Task.CompletedTask;
        });
    }

    private static long MaxConnections(NotifierSettings settings) => settings.Streams.MaxConnections + (long)OtherConnections;

    private static void SetLimits(KestrelServerLimits limits)
    {
        limits.MaxRequestLineSize = MaxRequestLineBytes;
        limits.MaxRequestHeadersTotalSize = 32 * 1024;
        limits.MaxRequestHeaderCount = 100;
        limits.MaxResponseBufferSize = MaxResponseBufferBytes;
        limits.MaxRequestBufferSize = MaxRequestBufferBytes;

        // A client that sends its request a byte at a time holds a connection no longer than this; the rate counts over the whole body.
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        limits.MinRequestBodyDataRate = new(bytesPerSecond: 1024, gracePeriod: TimeSpan.FromSeconds(5));

        // Longer than a proxy keeps its own (nginx: 60 s), or it would send a request into a connection that is just being closed.
        limits.KeepAliveTimeout = TimeSpan.FromSeconds(75);

        // A stream's own deadline ends slow readers, after the time that the settings give them.
        limits.MinResponseDataRate = null;
    }

    // Accepted connections inherit the listening socket's options.
    private static Socket Bind(EndPoint endpoint, int writeTimeoutSeconds)
    {
        var socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
        if (endpoint is not IPEndPoint) return socket;
        socket.SendBufferSize = SendBufferBytes;

        // A peer that vanished acknowledges nothing, not even heartbeats; left to itself the kernel believes in it for a quarter of an hour. Later than
        // the write deadline, which knows more of who merely does not read.
        Span<byte> milliseconds = stackalloc byte[sizeof(int)];
        BitConverter.TryWriteBytes(milliseconds, (writeTimeoutSeconds + VanishedAfterSeconds) * 1000);
        if (OperatingSystem.IsLinux()) socket.SetRawSocketOption(IpProtoTcp, TcpUserTimeout, milliseconds);
        return socket;
    }

    // As routing does, which passes over one slash at the end.
    private static bool IsAt(PathString path, string route) => path == route || path == route + "/";

    private static bool IsForOperators(PathString path) => IsAt(path, "/health") || IsAt(path, "/metrics");

    private static bool IsProbe(PathString path) => IsAt(path, "/healthz") || IsAt(path, "/readyz");

    private static string[] Addresses(ConfigurationManager configuration, NotifierSettings settings, string[] args)
    {
        var urls = configuration["urls"];
        if (urls is null && configuration["http_ports"] is { Length: > 0 } ports) urls = string.Join(';', ports.Split(';').Select(p => $"http://*:{p}"));

        // The platform's port beats what an image or a profile says, but not what somebody typed.
        var typed = Array.Exists(args, arg => arg.TrimStart('-', '/').StartsWith("urls", StringComparison.OrdinalIgnoreCase));
        if (settings.PlatformPort is { } platform && !typed) urls = AllAddresses(platform);
        var addresses = (urls ?? DefaultUrl).Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return settings.Operations.Port is { } operations ? [.. addresses, AllAddresses(operations)] : addresses;
    }

    private static string AllAddresses(int port) => string.Create(CultureInfo.InvariantCulture, $"http://*:{port}");
}
