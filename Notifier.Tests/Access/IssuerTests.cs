using System.Net;
using System.Security.Cryptography;
using System.Text;
using Notifier.Tests.Support;

namespace Notifier.Tests.Access;

/// <summary>Tokens of an OpenID Connect issuer, whose public keys are known to everybody: also to who would sign with them.</summary>
public sealed class IssuerTests : IAsyncLifetime
{
    private Issuer _issuer = null!;
    private NotifierHost _host = null!;

    public async Task InitializeAsync()
    {
        _issuer = await Issuer.StartAsync();
        _host = NotifierHost.In("Production", ("Auth:Authority", _issuer.Address));
    }

    public async Task DisposeAsync()
    {
        await _host.DisposeAsync();
        await _issuer.DisposeAsync();
    }

    [Fact]
    public async Task A_token_that_the_issuer_signed_is_accepted()
    {
        foreach (var token in new[] { Issuer.Sign(Claims(), "RS256", "rsa", Rsa), Issuer.Sign(Claims(), "ES256", "ec", Ec) })
        {
            (await PostAsync(token)).ShouldBe(HttpStatusCode.Created);
        }
    }

    [Fact]
    public async Task A_public_key_is_no_secret_to_sign_with()
    {
        var parameters = _issuer.Rsa.ExportParameters(false);
        byte[][] secrets =
        [
            Encoding.ASCII.GetBytes(_issuer.Rsa.ExportSubjectPublicKeyInfoPem()), Encoding.ASCII.GetBytes(_issuer.Rsa.ExportSubjectPublicKeyInfoPem() + "\n"),
            Encoding.ASCII.GetBytes(_issuer.Rsa.ExportRSAPublicKeyPem()), _issuer.Rsa.ExportSubjectPublicKeyInfo(), _issuer.Rsa.ExportRSAPublicKey(), parameters.Modulus!,
            Encoding.ASCII.GetBytes(_issuer.Keys), _issuer.Ec.ExportSubjectPublicKeyInfo(), Encoding.ASCII.GetBytes(_issuer.Ec.ExportSubjectPublicKeyInfoPem()), new byte[64],
        ];

        foreach (var secret in secrets)
        {
            foreach (var (algorithm, key) in new[] { ("HS256", "rsa"), ("HS256", "ec"), ("HS256", ""), ("RS256", "rsa"), ("ES256", "ec") })
            {
                (await PostAsync(Issuer.Sign(Claims(), algorithm, key, content => HMACSHA256.HashData(secret, content)))).ShouldBe(HttpStatusCode.Unauthorized);
            }
        }
    }

    [Fact]
    public async Task A_token_that_is_not_signed_or_by_another_key_or_in_another_way_or_by_another_issuer_is_refused()
    {
        using var other = RSA.Create(2048);
        var valid = Issuer.Sign(Claims(), "RS256", "rsa", Rsa);
        string[] refused =
        [
            Issuer.Sign(Claims(), "none", "rsa", _ => []),
            Issuer.Sign(Claims(), "None", "", _ => []),
            Issuer.Sign(Claims(), "RS256", "rsa", _ => []),
            Issuer.Sign(Claims(), "RS256", "rsa", content => other.SignData(content, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)),
            Issuer.Sign(Claims(), "RS256", "unknown", content => other.SignData(content, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)),
            Issuer.Sign(Claims(), "RS512", "rsa", content => _issuer.Rsa.SignData(content, HashAlgorithmName.SHA512, RSASignaturePadding.Pkcs1)),
            Issuer.Sign(Claims(), "PS256", "rsa", content => _issuer.Rsa.SignData(content, HashAlgorithmName.SHA256, RSASignaturePadding.Pss)),
            Issuer.Sign(Claims(), "ES256", "rsa", Rsa),
            Issuer.Sign(Claims(), "ES256", "ec", _ => new byte[64]),
            Issuer.Sign(Claims(issuer: "https://other.test"), "RS256", "rsa", Rsa),
            Issuer.Sign(Claims(expiresIn: -60), "RS256", "rsa", Rsa),
            $"{valid[..valid.LastIndexOf('.')]}.",
        ];

        foreach (var token in refused) (await PostAsync(token)).ShouldBe(HttpStatusCode.Unauthorized, token);
    }

    private byte[] Rsa(byte[] content) => _issuer.Rsa.SignData(content, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);

    private byte[] Ec(byte[] content) => _issuer.Ec.SignData(content, HashAlgorithmName.SHA256);

    private string Claims(string? issuer = null, int expiresIn = 60) => $$"""{"sub":"ada","iss":"{{issuer ?? _issuer.Address}}","exp":{{TestTokens.Now + expiresIn}}}""";

    private async Task<HttpStatusCode> PostAsync(string token)
    {
        using var client = _host.NewClient(token);
        using var answer = await client.PostTextAsync("/api/users/me/messages", """{"text":"hi"}""");
        return answer.StatusCode;
    }
}
