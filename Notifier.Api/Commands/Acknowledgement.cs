using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Notifier.Core.Events;
using Notifier.Core.Topics;

namespace Notifier.Api.Commands;

/// <summary>The answer to a command: when it arrives, the event is stored.</summary>
internal sealed record Acknowledgement(string Id, string Topic, string Type, string At) : IResult
{
    [JsonIgnore]
    public int Status { get; init; } = StatusCodes.Status201Created;

    /// <summary>The answer was given before to the same idempotency key.</summary>
    [JsonIgnore]
    public bool IsReplay { get; init; }

    public static Acknowledgement Of(TopicName topic, string type, LogPosition position) => new(position.ToString(), topic.Value, type, Format(position.At));

    public static string Format(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture);

    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.StatusCode = Status;
        if (IsReplay) httpContext.Response.Headers["Idempotent-Replayed"] = "true";
        var body = JsonSerializer.SerializeToUtf8Bytes(this, NotifierJson.Plain.Acknowledgement);
        httpContext.Response.ContentType = "application/json; charset=utf-8";

        // With its length and without a flush the answer leaves in one piece, as the request ends.
        httpContext.Response.ContentLength = body.Length;
        httpContext.Response.BodyWriter.Write(body);
        return Task.CompletedTask;
    }
}
