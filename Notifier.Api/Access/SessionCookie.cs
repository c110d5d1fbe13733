using Notifier.Api.Settings;

namespace Notifier.Api.Access;

/// <summary>
/// The cookie that carries a token for a native <c>EventSource</c>, which sets no header and reopens the same URL after a cut. It opens streams and
/// nothing else: a browser sends it along with whatever any page asks for, so it never authorises a command.
/// </summary>
internal static class SessionCookie
{
    public const string Name = "notifier_token";

    /// <summary>True where the cookie is what the caller of a stream is known by.</summary>
    public static bool IsUsedBy(HttpRequest request) =>
        request.Headers.Authorization.Count == 0 && string.IsNullOrEmpty(request.Query["access_token"]) && string.IsNullOrEmpty(request.Query["ticket"])
        && !string.IsNullOrEmpty(request.Cookies[Name]);

    /// <summary>
    /// True where the page that asks is one of ours, or of a listed origin: <c>SameSite</c> lets through every other origin of the same site, another
    /// port of this host among them. A request without <c>Origin</c> comes from a page of ours, or from no page at all.
    /// </summary>
    public static bool IsFromKnownOrigin(HttpRequest request, NotifierSettings settings)
    {
        var origin = request.Headers.Origin.ToString();
        if (origin.Length == 0 || settings.CorsOrigins.Contains(origin, StringComparer.OrdinalIgnoreCase)) return true;

        // Not the scheme: behind a proxy that is not known here, it is the proxy's.
        return Uri.TryCreate(origin, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
            && (request.Host.Value?.Equals(uri.Authority, StringComparison.OrdinalIgnoreCase) is true
                || (uri.IsDefaultPort && request.Host.Value?.Equals($"{uri.Host}:{uri.Port}", StringComparison.OrdinalIgnoreCase) is true));
    }

    public static void Set(HttpContext http, string token, DateTimeOffset? expiresAt) => http.Response.Cookies.Append(Name, token, Options(http.Request, expiresAt));

    public static void Clear(HttpContext http) => http.Response.Cookies.Delete(Name, Options(http.Request, null));

    private static CookieOptions Options(HttpRequest request, DateTimeOffset? expiresAt) =>
        new() { HttpOnly = true, SameSite = SameSiteMode.Strict, Secure = request.IsHttps, Path = "/", Expires = expiresAt };
}
