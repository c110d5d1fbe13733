using System.Diagnostics;
using Notifier.Api.Access;
using Notifier.Core.Metrics;

namespace Notifier.Api.Commands;

/// <summary>Tells metrics and log how each command was answered. It stands before everything that may answer, so that none is missed.</summary>
internal sealed partial class CommandLog(RequestDelegate next, NotifierMetrics metrics, TimeProvider time, ILogger<CommandLog> logger)
{
    public Task InvokeAsync(HttpContext http) =>
        http.GetEndpoint() is RouteEndpoint { RoutePattern.RawText: { } route } endpoint && IsCommand(http.Request.Method) ? ObserveAsync(http, endpoint, route) : next(http);

    private static bool IsCommand(string method) => HttpMethods.IsPost(method) || HttpMethods.IsDelete(method);

    private async Task ObserveAsync(HttpContext http, RouteEndpoint endpoint, string route)
    {
        var start = time.GetTimestamp();
        using var activity = NotifierTraces.StartCommand(http.Request.Method, route, http.Request.Headers.TraceParent, http.Request.Headers.TraceState);
        await next(http);

        var status = http.Response.StatusCode;
        activity?.SetTag("http.response.status_code", status);
        if (status >= StatusCodes.Status500InternalServerError) activity?.SetStatus(ActivityStatusCode.Error);
        metrics.CommandAnswered(route, status);
        if (!logger.IsEnabled(LogLevel.Information)) return;

        var type = (http.Features.Get<EventOf>() ?? endpoint.Metadata.GetMetadata<EventOf>())?.Type;
        LogAnswered(
            logger, http.Request.Method, route, status, Math.Round(time.GetElapsedTime(start).TotalMilliseconds, 2), type, http.Features.Get<Caller>()?.User.Id ?? Caller.IdOf(http.User), http.TraceIdentifier);
    }

    [LoggerMessage(LogLevel.Information, "{Method} {Route} answered {Status} in {ElapsedMs} ms: event {EventType}, user {UserId}, request {RequestId}.")]
    private static partial void LogAnswered(
        ILogger logger, string method, string route, int status, double elapsedMs, string? eventType, string? userId, string requestId);
}
