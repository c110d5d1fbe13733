using System.Security.Cryptography;
using System.Text;
using Microsoft.IdentityModel.Tokens;
using Notifier.Api.Settings;

namespace Notifier.Api.Access;

/// <summary>The secrets that tokens are signed with. Without any, in Development, one that lasts as long as the process.</summary>
internal sealed class TokenKeys
{
    public TokenKeys(AuthOptions auth)
    {
        if (auth.Authority.Length > 0) return;

        Signing = KeyOf(auth.SigningKey.Length > 0 ? Encoding.UTF8.GetBytes(auth.SigningKey) : RandomNumberGenerator.GetBytes(32));
        Accepted = auth.PreviousSigningKey.Length > 0 ? [Signing, KeyOf(Encoding.UTF8.GetBytes(auth.PreviousSigningKey))] : [Signing];
    }

    /// <summary>The secret to sign with; null where somebody else issues the tokens.</summary>
    public SymmetricSecurityKey? Signing { get; }

    /// <summary>The secrets whose signatures are believed.</summary>
    public IReadOnlyList<SymmetricSecurityKey> Accepted { get; } = [];

    // The floor package's cache of verifiers hands out one that another request is just disposing of, after a wrong signature: a valid token would be
    // refused. Those that are validated are remembered, so it would save nothing either.
    private static SymmetricSecurityKey KeyOf(byte[] secret) => new(secret) { CryptoProviderFactory = new() { CacheSignatureProviders = false } };
}
