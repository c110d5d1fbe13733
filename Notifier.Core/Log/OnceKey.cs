using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Notifier.Core.Events;

namespace Notifier.Core.Log;

/// <summary>
/// Names one append so that repeating it stores nothing again (https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/).
/// A known key answers for <see cref="Life"/>.
/// </summary>
public sealed record OnceKey
{
    private OnceKey(string value, string fingerprint)
    {
        Value = value;
        Fingerprint = fingerprint;
    }

    /// <summary>How long a key is remembered: 24 h.</summary>
    public static TimeSpan Life { get; } = TimeSpan.FromHours(24);

    /// <summary>Who, where and which key, as a digest of fixed length.</summary>
    public string Value { get; }

    /// <summary>The SHA-256 of the body that the key came with first.</summary>
    public string Fingerprint { get; }

    /// <summary>The key of a command.</summary>
    public static OnceKey Of(string caller, string path, string key, ReadOnlySpan<byte> bodySha256) =>
        new(Digest($"{caller}\n{path}\n{key}"), Base64Url.EncodeToString(bodySha256));

    /// <summary>The key of one append among those of the command.</summary>
    public OnceKey Part(int index) => new(Digest(string.Create(CultureInfo.InvariantCulture, $"{Value}\n{index}")), Fingerprint);

    /// <summary>The key of the append that follows from an event of <paramref name="topic"/>, whoever repeats the command that wrote it.</summary>
    public static OnceKey After(Topics.TopicName topic, LogPosition position) => new(Digest($"{topic}\n{position}"), "");

    private static string Digest(string text) => Base64Url.EncodeToString(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 16));
}
