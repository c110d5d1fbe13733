using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Notifier.Tests.Support;

/// <summary>Tokens made by hand (RFC 7515), so that no library's leniency stands between a test and the service.</summary>
internal static class TestTokens
{
    /// <summary>Long enough for HS512 too, so that a token is never refused for its key's length.</summary>
    public const string Key = "tests sign with this key, which opens nothing else, and which is as long as HS512 asks for.";

    public const string PreviousKey = "tests signed with this key before they took the other one, which is how keys are rotated.";

    public static long Now => TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>A token with these claims and a minute to live.</summary>
    public static string For(string sub, string[]? roles = null, string[]? rooms = null, string[]? roomsRead = null, int expiresIn = 60) =>
        Sign(JsonSerializer.Serialize(new { sub, roles = roles ?? [], rooms = rooms ?? [], rooms_read = roomsRead ?? [], exp = Now + expiresIn }));

    /// <summary>A token of these claims, as JSON.</summary>
    public static string Sign(string claims, string key = Key, string algorithm = "HS256")
    {
        var content = $"{Encode($$"""{"alg":"{{algorithm}}","typ":"JWT"}""")}.{Encode(claims)}";
        var signature = algorithm switch
        {
            "none" => [],
            "HS512" => HMACSHA512.HashData(Encoding.UTF8.GetBytes(key), Encoding.ASCII.GetBytes(content)),
            _ => HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), Encoding.ASCII.GetBytes(content)),
        };
        return RunRecord.OfThisRun.KeepCredential($"{content}.{Base64Url.EncodeToString(signature)}");
    }

    private static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
}
