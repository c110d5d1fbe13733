namespace Notifier.Benchmarks.Load;

/// <summary>Takes the framing out of a chunked body (RFC 9112, section 7.1), wherever the pieces it comes in are cut.</summary>
internal struct ChunkedBody
{
    private int _left;
    private int _size;
    private bool _inData;
    private bool _sawDigit;

    /// <summary>Moves the data of <paramref name="bytes"/> to its front and returns its length.</summary>
    public int Unwrap(Span<byte> bytes)
    {
        var (read, written) = (0, 0);
        while (read < bytes.Length)
        {
            if (_inData)
            {
                var length = Math.Min(_left, bytes.Length - read);
                bytes.Slice(read, length).CopyTo(bytes[written..]);
                (read, written, _left) = (read + length, written + length, _left - length);
                _inData = _left > 0;
                continue;
            }

            var next = bytes[read++];
            if (char.IsAsciiHexDigit((char)next)) (_size, _sawDigit) = ((_size << 4) + Convert.ToInt32(((char)next).ToString(), 16), true);
            else if (next == '\n' && _sawDigit) (_left, _inData, _size, _sawDigit) = (_size, _size > 0, 0, false);
        }

        return written;
    }
}
