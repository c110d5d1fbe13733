using System.Globalization;
using Notifier.Api.Settings;

namespace Notifier.Api.Operations;

/// <summary>Where the server listens, and what it takes from one connection.</summary>
internal static class Listening
{
    private const string DefaultUrl = "http://localhost:3001";

    /// <summary>64 topics with their positions do not fit into the 8 KiB that the server allows a request line by default.</summary>
    private const int MaxRequestLineBytes = 16 * 1024;

    public static void UseListening(this WebApplicationBuilder builder, NotifierSettings settings, string[] args)
    {
        builder.WebHost.UseUrls(Addresses(builder.Configuration, settings, args));

        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestLineSize = MaxRequestLineBytes;

            // A stream's own deadline ends slow readers, after the time that the settings give them.
            kestrel.Limits.MinResponseDataRate = null;
        });

        // Nothing here blocks a thread, so what a socket brings is handled where it arrives, and sent from where it is written.
        builder.WebHost.UseSockets(sockets => sockets.UnsafePreferInlineScheduling = true);
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

    private static bool IsForOperators(PathString path) => path == "/health" || path == "/metrics";

    private static bool IsProbe(PathString path) => path == "/healthz" || path == "/readyz";

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
