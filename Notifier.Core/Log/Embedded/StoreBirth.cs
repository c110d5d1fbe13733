using System.Security.Cryptography;
using Notifier.Core.Events;

namespace Notifier.Core.Log.Embedded;

/// <summary>
/// Where a store stands that has not stored anything yet. Birth ids lie in 1970 and fall from one store to the next, so whoever holds a position from
/// another life of the folder stands above it and is told of a <c>reset</c>, and no two stores agree by chance.
/// </summary>
internal static class StoreBirth
{
    /// <summary>Under which key of <see cref="StateSpace.Store"/> the floor is kept.</summary>
    public const string FloorKey = "floor";

    /// <summary>In milliseconds: April 1970. Seconds since 1970 reach it in 2286.</summary>
    private const long Latest = 10_000_000_000;

    public static LogPosition New(DateTimeOffset now) =>
        new((ulong)Math.Max(1, Latest - now.ToUnixTimeSeconds()), (ulong)RandomNumberGenerator.GetInt32(int.MaxValue));

    /// <summary>True for a birth id, false for the position of an event.</summary>
    public static bool IsBirth(LogPosition position) => position.Milliseconds <= Latest;
}
