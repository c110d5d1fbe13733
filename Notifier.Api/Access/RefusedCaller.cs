using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.IdentityModel.Tokens;
using Notifier.Api.Problems;
using Notifier.Api.Streams;
using Notifier.Core.Log;

namespace Notifier.Api.Access;

/// <summary>A 401 as a problem that says what was wrong with the token, and no more than that; a stream whose ticket the store could not show is turned away.</summary>
internal sealed class RefusedCaller(BusyAnswer busy) : IAuthorizationMiddlewareResultHandler
{
    /// <summary>The challenge to a caller whose token was read and is not, or is no longer, good.</summary>
    public const string InvalidToken = "Bearer error=\"invalid_token\"";

    public async Task HandleAsync(RequestDelegate next, HttpContext context, AuthorizationPolicy policy, PolicyAuthorizationResult authorizeResult)
    {
        if (authorizeResult.Succeeded)
        {
            await next(context);
            return;
        }

        // The scheme remembers its answer for the length of the request; the middleware passes on nothing but successes.
        var failure = (await context.AuthenticateAsync()).Failure;
        if (failure is BadHttpRequestException)
        {
            await Problem.Invalid("as", failure.Message).ExecuteAsync(context);
            return;
        }

        // A ticket that nobody could look up.
        if (failure is LogUnavailableException)
        {
            await busy.For(context, BusyReason.Store).ExecuteAsync(context);
            return;
        }

        context.Response.Headers.WWWAuthenticate = failure is null ? "Bearer" : InvalidToken;
        await new Problem(StatusCodes.Status401Unauthorized, Explain(failure)).ExecuteAsync(context);
    }

    private static string Explain(Exception? failure) => failure switch
    {
        null => "Send a token: Authorization: Bearer …; a stream also takes ?access_token=, ?ticket= or the cookie of POST /api/session.",
        SecurityTokenExpiredException => "The token has expired; fetch a new one.",
        SecurityTokenNotYetValidException => "The token is not valid yet; wait, or set the issuer's clock.",
        SecurityTokenInvalidAudienceException => "The token is meant for another audience.",
        SecurityTokenInvalidIssuerException => "The token comes from an issuer that is not trusted here.",
        AuthenticationFailureException => failure.Message,
        _ => "The token cannot be read, or its signature is not one that is trusted here; fetch a new one.",
    };
}
