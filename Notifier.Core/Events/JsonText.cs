using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;

namespace Notifier.Core.Events;

/// <summary>
/// Escapes in JSON what JSON asks for (RFC 8259, section 7) and nothing else: the framework's most relaxed encoder writes an emoji in twelve bytes
/// instead of four, and a terminal shows the twelve. Data reaches a page through JSON.parse, never as markup.
/// </summary>
public sealed class JsonText : JavaScriptEncoder
{
    private const string MustEscape =
        "\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\t\n\u000b\f\r\u000e\u000f\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f\"\\";

    private static readonly SearchValues<char> Characters = SearchValues.Create(MustEscape);
    private static readonly SearchValues<byte> Bytes = SearchValues.Create(Encoding.ASCII.GetBytes(MustEscape));

    private JsonText()
    {
    }

    /// <summary>The one instance.</summary>
    public static JsonText Encoder { get; } = new();

    /// <inheritdoc/>
    public override int MaxOutputCharactersPerInputCharacter => 6;

    /// <inheritdoc/>
    public override bool WillEncode(int unicodeScalar) => unicodeScalar is < ' ' or '"' or '\\';

    /// <inheritdoc/>
    public override int FindFirstCharacterToEncodeUtf8(ReadOnlySpan<byte> utf8Text) => utf8Text.IndexOfAny(Bytes);

    /// <inheritdoc/>
    public override unsafe int FindFirstCharacterToEncode(char* text, int textLength) => new ReadOnlySpan<char>(text, textLength).IndexOfAny(Characters);

    /// <inheritdoc/>
    public override unsafe bool TryEncodeUnicodeScalar(int unicodeScalar, char* buffer, int bufferLength, out int numberOfCharactersWritten)
    {
        var destination = new Span<char>(buffer, bufferLength);
        var shortForm = unicodeScalar switch
        {
            '"' => "\\\"",
            '\\' => @"\\",
            '\b' => @"\b",
            '\f' => @"\f",
            '\n' => @"\n",
            '\r' => @"\r",
            '\t' => @"\t",
            _ => null,
        };
        if (shortForm is null) return destination.TryWrite(CultureInfo.InvariantCulture, $@"\u{unicodeScalar:x4}", out numberOfCharactersWritten);

        numberOfCharactersWritten = shortForm.TryCopyTo(destination) ? shortForm.Length : 0;
        return numberOfCharactersWritten > 0;
    }
}
