namespace Notifier.Api.Settings;

/// <summary>Section <c>Auth</c>: whose tokens are believed.</summary>
internal sealed record AuthOptions
{
    /// <summary>Secret of the tokens' HS256 signature, as UTF-8. Default empty; at least 32 bytes.</summary>
    public string SigningKey { get; init; } = "";

    /// <summary>The secret before it, still accepted while tokens signed with it are about. Default empty; at least 32 bytes.</summary>
    public string PreviousSigningKey { get; init; } = "";

    /// <summary>OpenID Connect issuer, whose discovery document names the keys (RS256, ES256). Default empty; an absolute http or https address.</summary>
    public string Authority { get; init; } = "";

    /// <summary>Value that <c>aud</c> must hold. Default empty: not looked at.</summary>
    public string Audience { get; init; } = "";

    /// <summary>Value that <c>iss</c> must have. Default empty: not looked at; with an authority, the one that it names.</summary>
    public string Issuer { get; init; } = "";

    /// <summary>Whether a caller without a token is a guest. Default: true in Development; cannot be true elsewhere.</summary>
    public bool? AllowAnonymous { get; init; }
}
