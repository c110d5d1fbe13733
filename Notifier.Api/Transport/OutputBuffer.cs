using System.Buffers;

namespace Notifier.Api.Transport;

/// <summary>A rented block that is being filled at its end and sent from its start; it is used again once it is empty.</summary>
internal sealed class OutputBuffer
{
    private IMemoryOwner<byte>? _block;
    private int _start;
    private int _end;

    /// <summary>What is sent after it.</summary>
    public OutputBuffer? Next { get; set; }

    public bool IsSent => _start == _end;

    public ReadOnlySpan<byte> Unsent => _block is null ? default : _block.Memory.Span[_start.._end];

    public Memory<byte> Free => _block is null ? default : _block.Memory[_end..];

    public void Rent(MemoryPool<byte> pool, int minBytes)
    {
        Return();
        _block = minBytes > pool.MaxBufferSize ? MemoryPool<byte>.Shared.Rent(minBytes) : pool.Rent(minBytes);
    }

    public void Return()
    {
        _block?.Dispose();
        (_block, _start, _end) = (null, 0, 0);
    }

    /// <exception cref="InvalidOperationException">More was written than there was room for.</exception>
    public void Written(int bytes)
    {
        if ((uint)bytes > (uint)Free.Length) throw new InvalidOperationException("More was written than there was room for.");
        _end += bytes;
    }

    public void Sent(int bytes) => _start += bytes;
}
