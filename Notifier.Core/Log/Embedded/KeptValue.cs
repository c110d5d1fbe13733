namespace Notifier.Core.Log.Embedded;

/// <summary>A value that is kept under a key, and where its record lies.</summary>
internal sealed class KeptValue(byte[] bytes, long expiresMs, uint slot, uint offset, int length)
{
    public byte[] Bytes { get; } = bytes;

    /// <summary>The moment from which on it is gone, in milliseconds since 1970; <see cref="long.MaxValue"/>: never.</summary>
    public long ExpiresMs { get; } = expiresMs;

    public uint Slot { get; set; } = slot;

    public uint Offset { get; set; } = offset;

    public int Length { get; } = length;
}
