using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Notifier.Core.Events;
using Notifier.Core.Metrics;

namespace Notifier.Api.Problems;

/// <summary>
/// An error as the caller sees it (RFC 9457). The framework's own writer keeps silent towards an <c>Accept</c> that does not name JSON, which is
/// what every <c>EventSource</c> sends, so the body is written here.
/// </summary>
internal sealed record Problem(int Status, string Detail) : IResult
{
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JsonText.Encoder };

    /// <summary>Field -> what is wrong with it.</summary>
    public IReadOnlyDictionary<string, string[]>? Errors { get; init; }

    /// <summary>When it is worth trying again, in seconds.</summary>
    public int? RetryAfterSeconds { get; init; }

    /// <summary>The topic's newest event, where another was expected.</summary>
    public string? NewestId { get; init; }

    /// <summary>The limit that refused the request, if one did: counted when it is answered.</summary>
    public RefusedLimit? Limit { get; init; }

    public static Problem Invalid(IReadOnlyDictionary<string, string[]> errors) =>
        new(StatusCodes.Status400BadRequest, "Change what `errors` names, and send it again.") { Errors = errors };

    public static Problem Invalid(string field, string message) => Invalid(new Dictionary<string, string[]>(StringComparer.Ordinal) { [field] = [message] });

    public static Problem Forbidden(string detail) => new(StatusCodes.Status403Forbidden, detail);

    public static Problem StoreAway { get; } =
        new(StatusCodes.Status503ServiceUnavailable, "The store cannot be reached. The event may have been stored all the same: repeat with the same Idempotency-Key.")
        {
            RetryAfterSeconds = 2,
        };

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        if (Limit is { } limit) httpContext.RequestServices.GetRequiredService<NotifierMetrics>().Refused(limit);
        var response = httpContext.Response;
        response.StatusCode = Status;
        response.ContentType = "application/problem+json";
        response.Headers.CacheControl = "no-store";
        if (RetryAfterSeconds is { } seconds) response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        if (NewestId is not null) response.Headers.ETag = $"\"{NewestId}\"";

        var body = Write(TraceIdOf(httpContext));
        response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(httpContext.Request.Method)) await response.Body.WriteAsync(body, httpContext.RequestAborted);
    }

    /// <summary>What names a request in its problem and in the log.</summary>
    public static string TraceIdOf(HttpContext http) => Activity.Current?.Id ?? http.TraceIdentifier;

    /// <summary>The body of the answer.</summary>
    public ReadOnlyMemory<byte> Write(string traceId)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using var writer = new Utf8JsonWriter(buffer, WriterOptions);
        writer.WriteStartObject();
        writer.WriteString("type"u8, TypeOf(Status));
        writer.WriteString("title"u8, ReasonPhrases.GetReasonPhrase(Status));
        writer.WriteNumber("status"u8, Status);
        writer.WriteString("detail"u8, Detail);
        writer.WriteString("traceId"u8, traceId);
        if (NewestId is not null) writer.WriteString("newestId"u8, NewestId);
        if (Errors is not null)
        {
            writer.WriteStartObject("errors"u8);
            foreach (var (field, messages) in Errors)
            {
                writer.WriteStartArray(field);
                foreach (var message in messages) writer.WriteStringValue(message);
                writer.WriteEndArray();
            }

            writer.WriteEndObject();
        }

        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenMemory;
    }

    private static string TypeOf(int status) => status switch
    {
        StatusCodes.Status429TooManyRequests => "https://www.rfc-editor.org/rfc/rfc6585#section-4",
        StatusCodes.Status431RequestHeaderFieldsTooLarge => "https://www.rfc-editor.org/rfc/rfc6585#section-5",
        _ => string.Create(CultureInfo.InvariantCulture, $"https://www.rfc-editor.org/rfc/rfc9110#status.{status}"),
    };
}
