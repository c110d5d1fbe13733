using System.Buffers;
using System.Globalization;

namespace Notifier.Api.Operations;

/// <summary>The text of one log line while it is made. Reused, so that a line costs no memory of its own. Used by one thread.</summary>
internal sealed class LineBuffer
{
    /// <summary>What a buffer may keep between two lines; an exception's text may be longer.</summary>
    private const int KeptChars = 16 * 1024;

    /// <summary>What Serilog escapes in a string of JSON.</summary>
    private static readonly SearchValues<char> Escaped = SearchValues.Create([.. Enumerable.Range(0, ' ').Select(c => (char)c), '"', '\\']);

    private char[] _chars = new char[1024];
    private int _length;

    public ReadOnlySpan<char> Text => _chars.AsSpan(0, _length);

    public void Clear()
    {
        _length = 0;
        if (_chars.Length > KeptChars) _chars = new char[1024];
    }

    public void Write(ReadOnlySpan<char> text)
    {
        text.CopyTo(Room(text.Length));
        _length += text.Length;
    }

    /// <summary>Writes a number or a time, the same in every culture.</summary>
    public void Write<T>(T value, ReadOnlySpan<char> format = default)
        where T : ISpanFormattable
    {
        int written;
        for (var room = 40; !value.TryFormat(Room(room), out written, format, CultureInfo.InvariantCulture); room *= 2)
        {
        }

        _length += written;
    }

    /// <summary>Writes what stands within a string of JSON.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="quote">What a quotation mark becomes.</param>
    public void WriteEscaped(ReadOnlySpan<char> text, string quote = "\\\"")
    {
        for (var at = text.IndexOfAny(Escaped); at >= 0; at = text.IndexOfAny(Escaped))
        {
            Write(text[..at]);
            WriteEscape(text[at], quote);
            text = text[(at + 1)..];
        }

        Write(text);
    }

    private void WriteEscape(char c, string quote)
    {
        switch (c)
        {
            case '"': Write(quote); break;
            case '\\': Write(@"\\"); break;
            case '\n': Write(@"\n"); break;
            case '\r': Write(@"\r"); break;
            case '\f': Write(@"\f"); break;
            case '\t': Write(@"\t"); break;
            default:
                Write(@"\u");
                Write((int)c, "X4");
                break;
        }
    }

    private Span<char> Room(int chars)
    {
        if (_chars.Length - _length < chars) Array.Resize(ref _chars, Math.Max(_chars.Length * 2, _length + chars));
        return _chars.AsSpan(_length);
    }
}
