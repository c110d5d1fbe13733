using System.Globalization;
using System.Security.Claims;

namespace Notifier.Api.Access;

/// <summary>
/// The times in a token: seconds since 1970, which may have a fraction (RFC 7519, section 2). The packages take one that they cannot read for none
/// at all, and a token would be valid for ever by a slip of its issuer.
/// </summary>
internal static class TokenTimes
{
    /// <summary>Why a token is refused for its times; null where it is not.</summary>
    public static string? Refuse(ClaimsPrincipal principal, DateTimeOffset now, TimeSpan skew)
    {
        var seconds = (now - DateTimeOffset.UnixEpoch).TotalSeconds;
        foreach (var claim in principal.Claims)
        {
            if (claim.Type is not ("exp" or "nbf")) continue;
            if (!TryRead(claim.Value, out var value)) return $"The token's {claim.Type} is not a number of seconds.";
            if (claim.Type == "exp" && value <= seconds - skew.TotalSeconds) return "The token has expired; fetch a new one.";
            if (claim.Type == "nbf" && value > seconds + skew.TotalSeconds) return "The token is not valid yet; wait, or set the issuer's clock.";
        }

        return null;
    }

    /// <summary>The moment that a claim names; null where there is none, or none that the calendar reaches.</summary>
    public static DateTimeOffset? Read(string? seconds) =>
        TryRead(seconds, out var value) && Math.Abs(value) < DateTimeOffset.MaxValue.ToUnixTimeSeconds() ? DateTimeOffset.UnixEpoch.AddSeconds(value) : null;

    private static bool TryRead(string? seconds, out double value) =>
        double.TryParse(seconds, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && double.IsFinite(value);
}
