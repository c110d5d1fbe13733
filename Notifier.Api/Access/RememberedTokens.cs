using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;

namespace Notifier.Api.Access;

/// <summary>
/// Callers whose tokens were found valid a moment ago, so that one who sends a token with every command has it validated once. A token is remembered
/// by its digest, never past its <c>exp</c>, and for <see cref="Life"/> at most: so long a key that was withdrawn goes on opening the door.
/// </summary>
/// <remarks>Bounded: two generations of half the <see cref="Capacity"/>; where the younger is full the older is forgotten, which costs its tokens another validation.</remarks>
internal sealed class RememberedTokens(TimeProvider time)
{
    /// <summary>Tokens remembered at once; one takes about 2 KiB.</summary>
    public const int Capacity = 20_000;

    private readonly Lock _gate = new();

    /// <summary>By the header that a token came in, for as long as its connection holds that: where a request repeats a header, the server hands on the same object.</summary>
    private readonly ConditionalWeakTable<string, Remembered> _repeated = [];

    private volatile ConcurrentDictionary<Digest, Remembered> _young = new();
    private volatile ConcurrentDictionary<Digest, Remembered> _old = new();
    private int _count;

    /// <summary>How long a token is remembered.</summary>
    public static TimeSpan Life { get; } = TimeSpan.FromMinutes(5);

    /// <summary>The caller that a token was found to name.</summary>
    /// <param name="token">The token.</param>
    /// <param name="header">What it came in, where the same object may come again: that takes no digest then.</param>
    /// <param name="principal">What it says.</param>
    /// <param name="caller">Whom it names.</param>
    public bool TryFind(ReadOnlySpan<char> token, string? header, [NotNullWhen(true)] out ClaimsPrincipal? principal, [NotNullWhen(true)] out Caller? caller)
    {
        var now = time.GetUtcNow();
        if (header is null || !_repeated.TryGetValue(header, out var known) || now >= known.Until)
        {
            var digest = Digest.Of(token);
            if (!(_young.TryGetValue(digest, out known) || _old.TryGetValue(digest, out known)) || now >= known.Until)
            {
                (principal, caller) = (null, null);
                return false;
            }

            if (header is not null) _repeated.AddOrUpdate(header, known);
        }

        (principal, caller) = (known.Principal, known.Caller);
        return true;
    }

    /// <summary>Remembers a token that has just been validated; it is refused from <paramref name="notAfter"/> on.</summary>
    public void Add(ReadOnlySpan<char> token, ClaimsPrincipal principal, DateTimeOffset? notAfter)
    {
        var until = time.GetUtcNow() + Life;
        if (notAfter < until) until = notAfter.Value;
        var remembered = new Remembered(principal, Caller.Of(principal), until);
        lock (_gate)
        {
            if (_count >= Capacity / 2) (_old, _young, _count) = (_young, new(), 0);
            var digest = Digest.Of(token);
            if (_young.TryAdd(digest, remembered)) _count++;
            else _young[digest] = remembered;
        }
    }

    private sealed record Remembered(ClaimsPrincipal Principal, Caller Caller, DateTimeOffset Until);

    /// <summary>A token's SHA-256: what is kept here opens nothing.</summary>
    private readonly record struct Digest(UInt128 High, UInt128 Low)
    {
        public static Digest Of(ReadOnlySpan<char> token)
        {
            Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
            Span<byte> utf8 = token.Length <= 1024 ? stackalloc byte[3 * 1024] : new byte[Encoding.UTF8.GetMaxByteCount(token.Length)];
            SHA256.HashData(utf8[..Encoding.UTF8.GetBytes(token, utf8)], hash);
            return new(BitConverter.ToUInt128(hash), BitConverter.ToUInt128(hash[16..]));
        }
    }
}
