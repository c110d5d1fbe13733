using System.Globalization;
using System.Net;
using System.Text;
using Notifier.Core.Log.Redis;
using Notifier.Core.Settings;

namespace Notifier.Api.Settings;

/// <summary>All settings, read and checked once, before anything starts (docs/settings.md).</summary>
internal sealed record NotifierSettings
{
    /// <summary>HS256 takes a key of at least the hash's length (RFC 7518, section 3.2).</summary>
    private const int MinKeyBytes = 32;

    public required RedisOptions Redis { get; init; }

    public required LogOptions Log { get; init; }

    public required StreamOptions Streams { get; init; }

    public required CommandOptions Commands { get; init; }

    public required PresenceOptions Presence { get; init; }

    public required AuthOptions Auth { get; init; }

    public required OperationsOptions Operations { get; init; }

    public required ServerOptions Server { get; init; }

    public required ProxyOptions Proxy { get; init; }

    public required CorsOptions Cors { get; init; }

    /// <summary>The port that the platform set; null where it did not.</summary>
    public required int? PlatformPort { get; init; }

    /// <summary>Whether a caller without a token is a guest, and anybody may have a token.</summary>
    public required bool AllowsGuests { get; init; }

    public IReadOnlyList<string> CorsOrigins => Cors.Origins;

    public IReadOnlyList<IPNetwork> KnownNetworks => [.. Proxy.KnownNetworks.Select(network => IPNetwork.Parse(network))];

    /// <exception cref="InvalidSettingsException">A setting is unknown, out of range or missing.</exception>
    public static NotifierSettings Read(IConfiguration configuration, IHostEnvironment environment)
    {
        var errors = new List<string>();
        var settings = new NotifierSettings
        {
            Redis = SettingsSection.Read<RedisOptions>(configuration, "Redis", errors),
            Log = SettingsSection.Read<LogOptions>(configuration, "Log", errors),
            Streams = SettingsSection.Read<StreamOptions>(configuration, "Streams", errors),
            Commands = SettingsSection.Read<CommandOptions>(configuration, "Commands", errors),
            Presence = SettingsSection.Read<PresenceOptions>(configuration, "Presence", errors),
            Auth = SettingsSection.Read<AuthOptions>(configuration, "Auth", errors),
            Operations = SettingsSection.Read<OperationsOptions>(configuration, "Operations", errors),
            Server = SettingsSection.Read<ServerOptions>(configuration, "Server", errors),
            Proxy = SettingsSection.Read<ProxyOptions>(configuration, "Proxy", errors),
            Cors = SettingsSection.Read<CorsOptions>(configuration, "Cors", errors),
            PlatformPort = ReadPort(configuration["PORT"], errors),
            AllowsGuests = false,
        };
        settings = settings with { AllowsGuests = settings.Auth.AllowAnonymous ?? environment.IsDevelopment() };

        CheckAuth(settings.Auth, environment, errors);
        CheckLists(settings, errors);
        CheckTransport(settings.Server.Transport, errors);
        if (settings.Redis.Configuration.Length > 0 && RedisConnection.Check(settings.Redis.Configuration) is { } problem) errors.Add($"Redis:Configuration {problem}.");
        if (settings.Redis.KeyPrefix.Length is 0 or > 64 || settings.Redis.KeyPrefix.AsSpan().ContainsAny("{} \r\n"))
            errors.Add("Redis:KeyPrefix takes 1 to 64 characters, none of them a blank or a brace.");
        return errors.Count == 0 ? settings : throw new InvalidSettingsException(errors);
    }

    private static void CheckAuth(AuthOptions auth, IHostEnvironment environment, List<string> errors)
    {
        if (auth.AllowAnonymous is true && !environment.IsDevelopment())
            errors.Add("Auth:AllowAnonymous is true; it may be in the Development environment alone. Remove it, and set Auth:SigningKey or Auth:Authority.");
        if (!environment.IsDevelopment() && auth is { SigningKey: "", Authority: "" })
            errors.Add($"Auth:SigningKey or Auth:Authority is missing; one of them is needed outside the Development environment (this is {environment.EnvironmentName}): a secret of at least 32 bytes, or the address of an OpenID Connect issuer.");
        if (auth.SigningKey.Length > 0 && auth.Authority.Length > 0)
            errors.Add("Auth:SigningKey and Auth:Authority are both set; set one of them.");
        if (auth.Authority.Length > 0 && !(Uri.TryCreate(auth.Authority, UriKind.Absolute, out var uri) && uri.Scheme is "https" or "http"))
            errors.Add("Auth:Authority takes an absolute https address.");
        CheckKey("Auth:SigningKey", auth.SigningKey, errors);
        CheckKey("Auth:PreviousSigningKey", auth.PreviousSigningKey, errors);
    }

    private static void CheckKey(string name, string key, List<string> errors)
    {
        // The key itself is never part of a message.
        var bytes = Encoding.UTF8.GetByteCount(key);
        if (bytes is > 0 and < MinKeyBytes) errors.Add(string.Create(CultureInfo.InvariantCulture, $"{name} has {bytes} bytes; it takes at least {MinKeyBytes}."));
    }

    private static void CheckTransport(string transport, List<string> errors)
    {
        if (transport is not ServerOptions.Epoll and not ServerOptions.Sockets) errors.Add($"Server:Transport is '{transport}'; it takes epoll or sockets.");
        if (transport == ServerOptions.Epoll && !OperatingSystem.IsLinux()) errors.Add("Server:Transport is epoll, which needs Linux; remove it.");
    }

    private static void CheckLists(NotifierSettings settings, List<string> errors)
    {
        foreach (var network in settings.Proxy.KnownNetworks)
        {
            if (!IPNetwork.TryParse(network, out _)) errors.Add($"Proxy:KnownNetworks names '{network}'; it takes CIDRs like 10.0.0.0/8, separated by commas.");
        }

        foreach (var origin in settings.CorsOrigins)
        {
            if (origin != "*" && !IsOrigin(origin)) errors.Add($"Cors:Origins names '{origin}'; it takes origins like https://app.example, separated by commas, or *.");
        }
    }

    private static bool IsOrigin(string origin) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var uri) && uri.Scheme is "https" or "http" && string.Equals(uri.GetLeftPart(UriPartial.Authority), origin, StringComparison.OrdinalIgnoreCase);

    private static int? ReadPort(string? text, List<string> errors)
    {
        if (string.IsNullOrEmpty(text)) return null;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is >= 1 and <= 65535) return port;
        errors.Add($"PORT is '{text}'; it takes a whole number from 1 to 65535.");
        return null;
    }
}
