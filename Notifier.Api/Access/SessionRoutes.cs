using Microsoft.AspNetCore.Http.HttpResults;
using Notifier.Api.Commands;
using Notifier.Api.Problems;

namespace Notifier.Api.Access;

/// <summary>Puts the caller's token into a cookie, and takes it out again (CONTRACT 5).</summary>
internal static class SessionRoutes
{
    private const string Prefix = "Bearer ";

    public static void MapSession(this IEndpointRouteBuilder app)
    {
        var routes = app.MapGroup("").AddEndpointFilter<ValidationFilter>().RequireAuthorization();
        routes.MapPost("/api/session", Open);
        routes.MapDelete("/api/session", Close);
    }

    private static IResult Open(Caller caller, HttpContext http)
    {
        // A guest is known without a token, and there is none to keep.
        var header = http.Request.Headers.Authorization.ToString();
        if (!header.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
        {
            http.Response.Headers.WWWAuthenticate = "Bearer";
            return new Problem(StatusCodes.Status401Unauthorized, "Send the token that the cookie is to carry: Authorization: Bearer ….");
        }

        http.Response.Headers.CacheControl = "no-store";
        SessionCookie.Set(http, header[Prefix.Length..].Trim(), caller.ExpiresAt);
        return TypedResults.NoContent();
    }

    private static NoContent Close(HttpContext http)
    {
        http.Response.Headers.CacheControl = "no-store";
        SessionCookie.Clear(http);
        return TypedResults.NoContent();
    }
}
