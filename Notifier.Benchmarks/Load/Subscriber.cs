using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Notifier.Benchmarks.Load;

/// <summary>
/// One stream over a socket of its own. Each event carries when it was due (<c>t</c>), its number (<c>n</c>) and the publisher that counts it (<c>p</c>): from
/// each publisher the numbers have to come one by one, none missing and none twice.
/// </summary>
internal sealed class Subscriber(int room, int index, LoadBoard board) : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly long[] _last = new long[board.Publishers];
    private byte[] _buffer = new byte[2048];
    private ChunkedBody _chunks;
    private bool _isChunked;

    public int Room => room;

    public long Received(int publisher) => Volatile.Read(ref _last[publisher]);

    /// <summary>Connects, and returns once the answer's headers are here; what follows is read until the socket is closed.</summary>
    public async Task<Task> OpenAsync(Target target)
    {
        // More than one address, or the ports of one would limit how many connections there are.
        _socket.Bind(new IPEndPoint(new IPAddress([127, 0, 0, (byte)(1 + (index % 8))]), 0));
        await _socket.ConnectAsync(target.Address);
        await _socket.SendAsync(Encoding.ASCII.GetBytes(target.Subscribe(room)), SocketFlags.None);
        var length = 0;
        int end;
        while ((end = _buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8)) < 0)
        {
            var read = await _socket.ReceiveAsync(_buffer.AsMemory(length), SocketFlags.None);
            if (read == 0 || (length += read) == _buffer.Length) throw new IOException($"{target.Name} answered no stream: {Encoding.ASCII.GetString(_buffer, 0, length)}");
        }

        var head = Encoding.ASCII.GetString(_buffer, 0, end);
        if (!head.StartsWith("HTTP/1.1 200", StringComparison.Ordinal)) throw new IOException($"{target.Name} answered {head}");
        _isChunked = head.Contains("chunked", StringComparison.OrdinalIgnoreCase);
        _buffer.AsSpan(end + 4, length - end - 4).CopyTo(_buffer);
        return ReadAsync(length - end - 4);
    }

    public void Dispose() => _socket.Dispose();

    private async Task ReadAsync(int length)
    {
        var kept = Take(0, length);
        try
        {
            while (true)
            {
                if (kept == _buffer.Length) Array.Resize(ref _buffer, _buffer.Length * 2);
                var read = await _socket.ReceiveAsync(_buffer.AsMemory(kept), SocketFlags.None);
                if (read == 0) break;
                kept = Take(kept, read);
            }
        }
        catch (SocketException)
        {
            // Cut, by the server or by the end of the run.
        }
        catch (ObjectDisposedException)
        {
            return;
        }

        board.CountCut();
    }

    /// <summary>Takes in the whole lines among what came, and returns how many bytes of a line that is not whole are kept.</summary>
    private int Take(int kept, int read)
    {
        var length = kept + (_isChunked ? _chunks.Unwrap(_buffer.AsSpan(kept, read)) : read);
        ReadOnlySpan<byte> rest = _buffer.AsSpan(0, length);
        for (int end; (end = rest.IndexOf((byte)'\n')) >= 0; rest = rest[(end + 1)..])
        {
            if (rest.StartsWith("data:"u8)) TakeEvent(rest[..end]);
        }

        rest.CopyTo(_buffer);
        return rest.Length;
    }

    private void TakeEvent(ReadOnlySpan<byte> line)
    {
        if (!TryRead(line, "\"t\":"u8, out var due) || !TryRead(line, "\"n\":"u8, out var number) || !TryRead(line, "\"p\":"u8, out var publisher)) return;
        ref var last = ref _last[publisher];
        board.Count(due, missing: Math.Max(0, number - last - 1), isRepeat: number <= last);
        if (number > last) Volatile.Write(ref last, number);
    }

    private static bool TryRead(ReadOnlySpan<byte> line, ReadOnlySpan<byte> name, out long value)
    {
        var at = line.IndexOf(name);
        value = 0;
        return at >= 0 && Utf8Parser.TryParse(line[(at + name.Length)..], out value, out _);
    }
}
