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
        // The platform's port beats what an image or a profile says, but not what somebody typed.
        var typed = Array.Exists(args, arg => arg.TrimStart('-', '/').StartsWith("urls", StringComparison.OrdinalIgnoreCase));
        if (settings.PlatformPort is { } port && !typed)
        {
            builder.WebHost.UseUrls(string.Create(CultureInfo.InvariantCulture, $"http://*:{port}"));
        }
        else if (builder.Configuration["urls"] is null && builder.Configuration["http_ports"] is null && builder.Configuration["https_ports"] is null)
        {
            builder.WebHost.UseUrls(DefaultUrl);
        }

        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestLineSize = MaxRequestLineBytes;

            // A stream's own deadline ends slow readers, after the time that the settings give them.
            kestrel.Limits.MinResponseDataRate = null;
        });
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(settings.Streams.DrainSeconds + 15));
    }
}
