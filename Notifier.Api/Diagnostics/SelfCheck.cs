using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Notifier.Api.Access;
using Notifier.Api.Commands;
using Notifier.Api.Problems;
using Notifier.Api.Streams;
using Notifier.Core.Events;

namespace Notifier.Api.Diagnostics;

/// <summary>
/// A short stream of known times, by which a client finds out what lies between it and the service: whoever holds back, compresses or cuts a
/// stream does it to this one too. It takes a few seconds and a place at the door, and says nothing that only an operator may know.
/// </summary>
internal static class SelfCheck
{
    /// <summary>Few and small, so that all of them fit into any proxy's buffer: one that holds back holds back all.</summary>
    private const int Marks = 8;

    /// <summary>Longest silence that may be asked for, in seconds.</summary>
    private const int MaxSilence = 120;

    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(250);

    public static void MapSelfCheck(this IEndpointRouteBuilder app) =>
        app.MapGroup("").AddEndpointFilter(new ValidationFilter()).MapGet("/api/diagnostics/stream", (HttpContext http, Caller caller, StreamOpening opening, StreamContext context) =>
        {
            if (ReadSilence(http.Request, context.Options.HeartbeatSeconds) is not { } silence)
            {
                return Task.FromResult<IResult>(Problem.Invalid(new Dictionary<string, string[]>(StringComparer.Ordinal) { ["silence"] = [$"takes 0 to {MaxSilence} seconds"] }));
            }

            if (caller.Ticket is not null) return Task.FromResult<IResult>(Problem.Forbidden("A ticket is for the topics that it was issued for; come with a token."));
            return opening.OpenAsync(http, caller, cancellation => RunAsync(http, context, silence, cancellation));
        }).RequireAuthorization().WithMetadata(new StreamRoute("diagnostics"));

    /// <summary>As asked; else the longest silence that a stream of this service ever keeps.</summary>
    private static int? ReadSilence(HttpRequest request, int heartbeatSeconds)
    {
        var asked = request.Query["silence"].ToString();
        if (asked.Length == 0) return Math.Min(heartbeatSeconds, MaxSilence);
        return int.TryParse(asked, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds <= MaxSilence ? seconds : null;
    }

    private static async Task RunAsync(HttpContext http, StreamContext context, int silence, CancellationToken cancellation)
    {
        var time = context.Time;
        var start = time.GetTimestamp();
        var writer = new SseWriter(http);

        // It is over after its last event: an EventSource must not begin it again at once.
        writer.WriteRetry((int)TimeSpan.FromHours(1).TotalMilliseconds);
        await WriteAsync("request", SeenRequest.Of(http, context, Marks, (int)Between.TotalMilliseconds, silence), NotifierJson.Plain.SeenRequest);
        for (var n = 1; n <= Marks; n++)
        {
            await Task.Delay(Between, time, cancellation);
            await WriteAsync("mark", Moment(n), NotifierJson.Plain.SelfCheckMoment);
        }

        await Task.Delay(TimeSpan.FromSeconds(silence), time, cancellation);
        await WriteAsync("done", Moment(Marks + 1), NotifierJson.Plain.SelfCheckMoment);

        SelfCheckMoment Moment(int n) => new(n, (int)time.GetElapsedTime(start).TotalMilliseconds);

        async Task WriteAsync<T>(string type, T data, JsonTypeInfo<T> form)
        {
            writer.Write(SseFrame.ForService(type, JsonSerializer.SerializeToUtf8Bytes(data, form)).Whole.Span);
            await writer.FlushAsync();
        }
    }
}
