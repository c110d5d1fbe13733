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

        Signing = new(auth.SigningKey.Length > 0 ? Encoding.UTF8.GetBytes(auth.SigningKey) : RandomNumberGenerator.GetBytes(32));
        Accepted = auth.PreviousSigningKey.Length > 0 ? [Signing, new(Encoding.UTF8.GetBytes(auth.PreviousSigningKey))] : [Signing];
    }

    /// <summary>The secret to sign with; null where somebody else issues the tokens.</summary>
    public SymmetricSecurityKey? Signing { get; }

    /// <summary>The secrets whose signatures are believed.</summary>
    public IReadOnlyList<SymmetricSecurityKey> Accepted { get; } = [];
}
