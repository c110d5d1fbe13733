using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Notifier.Tests.Support;

/// <summary>An OpenID Connect issuer: its discovery document, its public keys, and tokens that it signs, or that somebody signs in its name.</summary>
internal sealed class Issuer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private Issuer(WebApplication app) => _app = app;

    public RSA Rsa { get; } = RSA.Create(2048);

    public ECDsa Ec { get; } = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    /// <summary>Where it listens, and what it writes into <c>iss</c>.</summary>
    public string Address => _app.Urls.First();

    /// <summary>The public keys as everybody may read them.</summary>
    public string Keys => JsonSerializer.Serialize(new { keys = new object[] { Jwk(Rsa.ExportParameters(false)), Jwk(Ec.ExportParameters(false)) } });

    public static async Task<Issuer> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        var issuer = new Issuer(app);
        app.MapGet("/.well-known/openid-configuration", () => Results.Json(new { issuer = issuer.Address, jwks_uri = $"{issuer.Address}/keys" }));
        app.MapGet("/keys", () => Results.Text(issuer.Keys, "application/json"));
        await app.StartAsync();
        return issuer;
    }

    /// <summary>A token of <paramref name="claims"/> under a header that names <paramref name="algorithm"/> and <paramref name="keyId"/>, with whatever signature.</summary>
    public static string Sign(string claims, string algorithm, string keyId, Func<byte[], byte[]> signature)
    {
        var content = $"{Encode($$"""{"alg":"{{algorithm}}","typ":"JWT","kid":"{{keyId}}"}""")}.{Encode(claims)}";
        return RunRecord.OfThisRun.KeepCredential($"{content}.{Base64Url.EncodeToString(signature(Encoding.ASCII.GetBytes(content)))}");
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        Rsa.Dispose();
        Ec.Dispose();
    }

    private static object Jwk(RSAParameters key) =>
        new { kty = "RSA", use = "sig", kid = "rsa", n = Base64Url.EncodeToString(key.Modulus), e = Base64Url.EncodeToString(key.Exponent) };

    private static object Jwk(ECParameters key) =>
        new { kty = "EC", use = "sig", kid = "ec", crv = "P-256", x = Base64Url.EncodeToString(key.Q.X), y = Base64Url.EncodeToString(key.Q.Y) };

    private static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
}
