using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using Notifier.Api.Problems;
using Notifier.Api.Settings;
using Notifier.Core.Metrics;

namespace Notifier.Api.Commands;

/// <summary>Reads a body and checks what holds for every one, before anything is made of it.</summary>
internal static class RequestBody
{
    /// <summary>The server ends bodies that come too slowly on the average; this ends those that came at once, but for their last byte.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    private static ReadOnlySpan<byte> ByteOrderMark => "\uFEFF"u8;

    /// <summary>The body's bytes, valid UTF-8 and JSON without NUL; or the problem with it.</summary>
    public static async ValueTask<(ReadOnlyMemory<byte> Bytes, Problem? Problem)> ReadAsync(HttpContext http)
    {
        var metadata = http.GetEndpoint()!.Metadata;
        var isOptional = metadata.GetMetadata<OptionalBody>() is not null;
        if (isOptional && http.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody is false) return ("{}"u8.ToArray(), null);

        if (!IsJson(http.Request.ContentType) || IsCompressed(http.Request.Headers.ContentEncoding))
        {
            return (default, new(StatusCodes.Status415UnsupportedMediaType, "Send the body as Content-Type: application/json, in UTF-8 and not compressed."));
        }

        var limit = metadata.GetMetadata<BodyLimit>()?.MaxBytes ?? http.RequestServices.GetRequiredService<NotifierSettings>().Commands.MaxBodyBytes;
        if (http.Request.ContentLength > limit || await ReadInTimeAsync(http, limit) is not { } bytes)
        {
            return (default, new(StatusCodes.Status413PayloadTooLarge, $"The body takes at most {limit} bytes; send less, or several commands.") { Limit = RefusedLimit.Body });
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

    private static bool IsCompressed(StringValues encodings) => encodings.Count > 0 && encodings.Any(encoding => encoding != "identity");

    private static bool IsJson(string? contentType) =>
        contentType == "application/json" || IsJsonInOtherWords(contentType);

    private static bool IsJsonInOtherWords(string? contentType) =>
        MediaTypeHeaderValue.TryParse(contentType, out var type)
        && type.MediaType.Equals("application/json", StringComparison.OrdinalIgnoreCase)
        && (!type.Charset.HasValue || type.Charset.Value.Trim('"').Equals("utf-8", StringComparison.OrdinalIgnoreCase));

    private static async ValueTask<ReadOnlyMemory<byte>?> ReadInTimeAsync(HttpContext http, int limit)
    {
        try
        {
            return TakeWhatIsThere(http.Request.BodyReader, limit) ?? await ReadLateAsync(http, limit);
        }
        catch (IOException e) when (e is not BadHttpRequestException && !http.RequestAborted.IsCancellationRequested)
        {
            // What the server says of a chunk's size that no number holds.
            throw new BadHttpRequestException("The body cannot be read.", StatusCodes.Status400BadRequest, e);
        }
    }

    /// <summary>The body where all of it came with its headers, as nearly every one does: that takes no timer. Else null, and nothing is taken.</summary>
    private static ReadOnlyMemory<byte>? TakeWhatIsThere(PipeReader reader, int limit)
    {
        if (!reader.TryRead(out var result)) return null;
        if (!result.IsCompleted || result.Buffer.Length > limit)
        {
            reader.AdvanceTo(result.Buffer.Start);
            return null;
        }

        ReadOnlyMemory<byte> bytes = result.Buffer.ToArray();
        reader.AdvanceTo(result.Buffer.End);
        return bytes;
    }

    private static async ValueTask<ReadOnlyMemory<byte>?> ReadLateAsync(HttpContext http, int limit)
    {
        // Not by the read's own token: the server takes a body whose read was cancelled by it for one that it cannot read to its end.
        using var late = new CancellationTokenSource(Deadline, http.RequestServices.GetRequiredService<TimeProvider>());
        using var cancelling = late.Token.UnsafeRegister(static reader => ((PipeReader)reader!).CancelPendingRead(), http.Request.BodyReader);
        return await ReadUpToAsync(http, limit);
    }

    private static async ValueTask<ReadOnlyMemory<byte>?> ReadUpToAsync(HttpContext http, int limit)
    {
        // Room for what has come, not for what is announced, which costs its sender nothing.
        var body = new ArrayBufferWriter<byte>((int)Math.Clamp(http.Request.ContentLength ?? 0, 256, 4096));
        var reader = http.Request.BodyReader;
        while (true)
        {
            var result = await reader.ReadAsync(http.RequestAborted);
            if (result.IsCanceled)
            {
                reader.AdvanceTo(result.Buffer.Start);
                throw new BadHttpRequestException("The body was not there in time.", StatusCodes.Status408RequestTimeout);
            }

            foreach (var segment in result.Buffer) body.Write(segment.Span);
            reader.AdvanceTo(result.Buffer.End);
            if (body.WrittenCount > limit) return null;
            if (result.IsCompleted) return body.WrittenMemory;
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
