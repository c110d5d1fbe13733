using System.Security.Claims;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using Notifier.Core.Topics;

namespace Notifier.Api.Access;

/// <summary>In Development, a caller without a token: who <c>?as=</c> says, else the cookie, else a guest named for the address.</summary>
internal sealed class Guests(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "Guest";
    private const string Cookie = "notifier_guest";

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var name = Request.Query["as"].ToString();
        if (name.Length > 0 && !EntityName.IsValid(name)) return Task.FromResult(AuthenticateResult.Fail(new BadHttpRequestException(EntityName.Rule)));
        if (name.Length == 0 && Request.Cookies[Cookie] is { } remembered && EntityName.IsValid(remembered)) name = remembered;
        if (name.Length == 0) name = "guest-" + Convert.ToHexStringLower(SHA256.HashData(Context.Connection.RemoteIpAddress?.GetAddressBytes() ?? []).AsSpan(0, 2));

        var identity = new ClaimsIdentity(
            [new("sub", name), new("rooms", "*"), new("roles", Roles.Publisher), new("roles", Roles.Instructor)], Scheme.Name);
        return Task.FromResult(AuthenticateResult.Success(new(new(identity), Scheme.Name)));
    }
}
