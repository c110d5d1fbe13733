using Microsoft.Net.Http.Headers;

namespace Notifier.Api.Operations;

/// <summary>What every answer tells a browser not to do with it.</summary>
internal static class SecurityHeaders
{
    /// <summary>
    /// The page's scripts, styles, picture and streams come from here, and nothing is written into the page; so whatever somebody smuggled into it would
    /// not run, and have nobody to tell.
    /// </summary>
    private const string ContentSecurityPolicy = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    public static void UseSecurityHeaders(this IApplicationBuilder app) => app.Use(static (http, next) =>
    {
        Set(http);
        return next(http);
    });

    /// <summary>Sets them, once more where an answer was cleared.</summary>
    public static void Set(HttpContext http)
    {
        var headers = http.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        if (http.Request.Path.StartsWithSegments("/api", StringComparison.OrdinalIgnoreCase)) return;

        headers.ContentSecurityPolicy = ContentSecurityPolicy;
        headers[HeaderNames.XFrameOptions] = "DENY";

        // The page's address has the room and the name of who is in it.
        headers["Referrer-Policy"] = "no-referrer";
    }
}
