using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Notifier.Core.Topics;

/// <summary>
/// The name of a topic: <c>room:{room}</c>, <c>user:{user}</c> or <c>all</c>. Parsed once and valid for ever after;
/// equal names are equal values.
/// </summary>
public sealed class TopicName : IEquatable<TopicName>
{
    private const string RoomPrefix = "room:";
    private const string UserPrefix = "user:";
    private const string ClassPrefix = "class:";
    private const string ServicePrefix = "service:";

    private readonly int _hashCode;
    private long _fingerprint = -1;

    private TopicName(TopicKind kind, string subject, string value)
    {
        Kind = kind;
        Subject = subject;
        Value = value;
        _hashCode = string.GetHashCode(value, StringComparison.Ordinal);
    }

    /// <summary>The topic that every user stream includes.</summary>
    public static TopicName All { get; } = new(TopicKind.All, "", "all");

    /// <summary>Who the topic is for.</summary>
    public TopicKind Kind { get; }

    /// <summary>The room's or the user's name; empty for <see cref="All"/>.</summary>
    public string Subject { get; }

    /// <summary>The name as it is written on the wire.</summary>
    public string Value { get; }

    /// <summary>48 bits of the name's SHA-256: how a <see cref="Events.Cursor"/> names a topic.</summary>
    public long Fingerprint => _fingerprint >= 0 ? _fingerprint : _fingerprint = Digest(Value);

    /// <summary>The topic of a room. <paramref name="room"/> has been checked by <see cref="IsRoom"/>.</summary>
    /// <exception cref="ArgumentException">The name is not valid.</exception>
    public static TopicName Room(string room) =>
        IsRoom(room) ? new(TopicKind.Room, room, RoomPrefix + room) : throw new ArgumentException($"A room {EntityName.Rule}.", nameof(room));

    /// <summary>The topic of one user.</summary>
    /// <exception cref="ArgumentException">The name is not valid.</exception>
    public static TopicName User(string user) =>
        EntityName.IsValid(user) ? new(TopicKind.User, user, UserPrefix + user) : throw new ArgumentException($"A user {EntityName.Rule}.", nameof(user));

    /// <summary>A topic that instances tell each other things in. It cannot be parsed, so that no client ever names one.</summary>
    internal static TopicName Service(string subject) => new(TopicKind.Service, subject, ServicePrefix + subject);

    /// <summary>A name that a store has kept.</summary>
    /// <exception cref="FormatException">It is no topic's name.</exception>
    internal static TopicName FromStored(string value) =>
        TryParse(value, out var topic) ? topic
        : value.StartsWith(ServicePrefix, StringComparison.Ordinal) ? Service(value[ServicePrefix.Length..])
        : throw new FormatException($"'{value}' is no topic.");

    /// <summary>The room in which the learners of a track are told of each other's progress.</summary>
    /// <exception cref="ArgumentException">The name is not valid.</exception>
    public static TopicName Class(string track) => Room(ClassPrefix + track);

    /// <summary>
    /// True for a name that keeps <see cref="EntityName.Rule"/>, and for the class room of any valid track, whose prefix does not count.
    /// </summary>
    public static bool IsRoom(ReadOnlySpan<char> room) =>
        EntityName.IsValid(room) || (room.StartsWith(ClassPrefix, StringComparison.Ordinal) && EntityName.IsValid(room[ClassPrefix.Length..]));

    /// <summary>Reads a name as it is written on the wire.</summary>
    public static bool TryParse([NotNullWhen(true)] string? value, [NotNullWhen(true)] out TopicName? topic)
    {
        topic = value switch
        {
            null => null,
            "all" => All,
            _ when value.StartsWith(RoomPrefix, StringComparison.Ordinal) && IsRoom(value.AsSpan(RoomPrefix.Length)) =>
                new(TopicKind.Room, value[RoomPrefix.Length..], value),
            _ when value.StartsWith(UserPrefix, StringComparison.Ordinal) && EntityName.IsValid(value.AsSpan(UserPrefix.Length)) =>
                new(TopicKind.User, value[UserPrefix.Length..], value),
            _ => null,
        };
        return topic is not null;
    }

    /// <inheritdoc/>
    public bool Equals([NotNullWhen(true)] TopicName? other) =>
        ReferenceEquals(this, other) || (other is not null && _hashCode == other._hashCode && Value == other.Value);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as TopicName);

    /// <inheritdoc/>
    public override int GetHashCode() => _hashCode;

    /// <inheritdoc/>
    public override string ToString() => Value;

    private static long Digest(string value)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(value), digest);
        return BinaryPrimitives.ReadInt64BigEndian(digest) >>> 16;
    }
}
