using System.Buffers.Text;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Notifier.Api.Transport;

/// <summary>
/// The body of a response that has begun in chunks (RFC 9112, section 7.1), written to the connection past the server's own writer, which writes the last
/// chunk when the request ends (docs/adr/0026). One writer, which writes nothing through the server meanwhile.
/// </summary>
internal static class ChunkedBody
{
    /// <summary>Bytes before the content that a chunk's size takes at most.</summary>
    public const int MaxHeadBytes = 10;

    /// <summary>Bytes after the content.</summary>
    public const int TailBytes = 2;

    /// <summary>Where to write the chunks; null where the server has to: HTTP/2, HTTP/1.0, TLS, another transport, a body that something else has wrapped.</summary>
    public static EpollOutput? Of(HttpContext http)
    {
        var features = http.Features;
        return features.Get<IConnectionTransportFeature>() is EpollConnection { DirectOutput: { } output }
            && ReferenceEquals(features.Get<IHttpResponseBodyFeature>(), features.Get<IHttpRequestFeature>())
            && HttpMethods.IsGet(http.Request.Method)
            && HttpProtocol.IsHttp11(http.Request.Protocol)
            && http.Response.Headers.TransferEncoding == "chunked"
            ? output
            : null;
    }

    /// <summary>Makes a chunk of content that stands between room for head and tail.</summary>
    /// <param name="buffer">Where the content begins at <see cref="MaxHeadBytes"/>.</param>
    /// <param name="contentBytes">Its length, which is not 0: that would end the body.</param>
    public static ReadOnlySpan<byte> Frame(Span<byte> buffer, int contentBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(contentBytes);
        Span<byte> size = stackalloc byte[sizeof(int) * 2];
        Utf8Formatter.TryFormat(contentBytes, size, out var digits, new('x'));
        var end = MaxHeadBytes + contentBytes;
        var start = MaxHeadBytes - TailBytes - digits;
        size[..digits].CopyTo(buffer[start..]);
        "\r\n"u8.CopyTo(buffer[(MaxHeadBytes - TailBytes)..]);
        "\r\n"u8.CopyTo(buffer[end..]);
        return buffer[start..(end + TailBytes)];
    }
}
