using System.Text.Json;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;
using Notifier.Api.Problems;
using Notifier.Api.Settings;

namespace Notifier.Api.Commands;

/// <summary>Reads a body and checks what holds for every one, before anything is made of it.</summary>
internal static class RequestBody
{
    private static ReadOnlySpan<byte> ByteOrderMark => "\uFEFF"u8;

    /// <summary>The body's bytes, valid UTF-8 and JSON without NUL; or the problem with it.</summary>
    public static async ValueTask<(ReadOnlyMemory<byte> Bytes, Problem? Problem)> ReadAsync(HttpContext http)
    {
        var metadata = http.GetEndpoint()!.Metadata;
        var isOptional = metadata.GetMetadata<OptionalBody>() is not null;
        if (isOptional && http.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody is false) return ("{}"u8.ToArray(), null);

        if (!IsJson(http.Request.ContentType) || http.Request.Headers.ContentEncoding.Any(encoding => encoding != "identity"))
        {
            return (default, new(StatusCodes.Status415UnsupportedMediaType, "Send the body as Content-Type: application/json, in UTF-8 and not compressed."));
        }

        var limit = metadata.GetMetadata<BodyLimit>()?.MaxBytes ?? http.RequestServices.GetRequiredService<NotifierSettings>().Commands.MaxBodyBytes;
        if (await ReadUpToAsync(http, limit) is not { } bytes)
        {
            return (default, new(StatusCodes.Status413PayloadTooLarge, $"The body takes at most {limit} bytes; send less, or several commands."));
        }

        if (bytes.Span.StartsWith(ByteOrderMark)) bytes = bytes[ByteOrderMark.Length..];
        if (bytes.IsEmpty) return isOptional ? ("{}"u8.ToArray(), null) : (default, Problem.Invalid("$", "takes a JSON object; the body is empty"));
        if (!Utf8.IsValid(bytes.Span)) return (default, Problem.Invalid("$", "is not valid UTF-8"));

        // Only an escape can bring in NUL, or half a surrogate pair, which no UTF-8 can hold.
        return (bytes, bytes.Span.IndexOf("\\u"u8) >= 0 ? CheckText(bytes.Span) : null);
    }

    /// <summary>What is wrong with a body that could not be made a command of.</summary>
    public static Problem Explain(ReadOnlySpan<byte> bytes, JsonException e)
    {
        if (CheckText(bytes) is { } problem) return problem;
        var field = e.Path is { Length: > 2 } path && path.StartsWith("$.", StringComparison.Ordinal) ? path[2..] : e.Path ?? "$";
        return Problem.Invalid(field, "has a type or a range that does not fit");
    }

    private static bool IsJson(string? contentType) =>
        MediaTypeHeaderValue.TryParse(contentType, out var type)
        && type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
        && (!type.Charset.HasValue || type.Charset.Value.Trim('"').Equals("utf-8", StringComparison.OrdinalIgnoreCase));

    private static async ValueTask<ReadOnlyMemory<byte>?> ReadUpToAsync(HttpContext http, int limit)
    {
        if (http.Request.ContentLength > limit) return null;

        // Past the limit by one, the body is too large; the server need not read on.
        var buffer = new byte[(int?)http.Request.ContentLength ?? Math.Min(limit + 1, 4096)];
        var length = 0;
        while (true)
        {
            if (length == buffer.Length)
            {
                if (length == http.Request.ContentLength) return buffer;
                if (length > limit) return null;
                Array.Resize(ref buffer, Math.Min(limit + 1, Math.Max(buffer.Length * 2, 256)));
            }

            var read = await http.Request.Body.ReadAsync(buffer.AsMemory(length), http.RequestAborted);
            if (read == 0) return buffer.AsMemory(0, length);
            length += read;
        }
    }

    private static Problem? CheckText(ReadOnlySpan<byte> bytes)
    {
        var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { MaxDepth = NotifierJson.MaxDepth });
        Span<char> scratch = bytes.Length <= 4096 ? stackalloc char[4096] : new char[bytes.Length];
        try
        {
            while (reader.Read())
            {
                if (!reader.ValueIsEscaped || reader.TokenType is not (JsonTokenType.String or JsonTokenType.PropertyName)) continue;
                if (scratch[..reader.CopyString(scratch)].Contains('\0')) return Problem.Invalid("$", "holds NUL (\\u0000), which no field takes");
            }
        }
        catch (InvalidOperationException)
        {
            return Problem.Invalid("$", "holds half a surrogate pair (\\ud800 to \\udfff alone), which is no character");
        }
        catch (JsonException e)
        {
            return reader.CurrentDepth >= NotifierJson.MaxDepth
                ? Problem.Invalid("$", $"is nested deeper than {NotifierJson.MaxDepth} levels")
                : Problem.Invalid("$", $"is not JSON: look at line {e.LineNumber + 1}, byte {e.BytePositionInLine}");
        }

        return null;
    }
}
