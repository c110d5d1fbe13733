using System.Buffers;
using System.Globalization;
using System.Text.Unicode;
using Notifier.Core.Events;
using Notifier.Core.Topics;

namespace Notifier.Api.Commands;

/// <summary>The answer to a command: when it arrives, the event is stored.</summary>
internal sealed record Acknowledgement(TopicName Topic, string Type, LogPosition Position) : IResult
{
    /// <summary>Over what the longest id, topic and type take.</summary>
    private const int MaxBytes = 512;

    public int Status { get; init; } = StatusCodes.Status201Created;

    /// <summary>The answer was given before to the same idempotency key.</summary>
    public bool IsReplay { get; init; }

    public static string Format(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);

    public Task ExecuteAsync(HttpContext httpContext)
    {
        // None of them holds what JSON escapes, by their rules.
        Span<byte> body = stackalloc byte[MaxBytes];
        var isWhole = Utf8.TryWrite(
            body, CultureInfo.InvariantCulture,
            $$"""{"id":"{{Position}}","topic":"{{Topic.Value}}","type":"{{Type}}","at":"{{Position.At.UtcDateTime:yyyy-MM-ddTHH:mm:ss.fffZ}}"}""", out var length);
        if (!isWhole) throw new InvalidOperationException($"An acknowledgement takes more than {MaxBytes} bytes.");

        var response = httpContext.Response;
        response.StatusCode = Status;
        if (IsReplay) response.Headers["Idempotent-Replayed"] = "true";
        response.ContentType = "application/json; charset=utf-8";

        // With its length and without a flush the answer leaves in one piece, as the request ends.
        response.ContentLength = length;
        response.BodyWriter.Write(body[..length]);
        return Task.CompletedTask;
    }
}
