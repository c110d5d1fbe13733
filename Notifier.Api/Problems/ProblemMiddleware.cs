using Microsoft.AspNetCore.Http.Features;
using Notifier.Api.Operations;
using Notifier.Core.Log;
using Notifier.Core.Metrics;

namespace Notifier.Api.Problems;

/// <summary>The one place where an exception, or an answer that nobody wrote a body for, becomes a problem.</summary>
internal sealed partial class ProblemMiddleware(RequestDelegate next, ILogger<ProblemMiddleware> logger)
{
    public async Task InvokeAsync(HttpContext http)
    {
        Problem problem;
        try
        {
            if (HasNamelessSegments(http))
            {
                problem = Problem.Invalid("path", "holds a segment that is no name: an empty one, or . or ..");
            }
            else
            {
                await next(http);
                if (http.Response.HasStarted || http.Response.StatusCode < 400 || http.Response.ContentType is not null) return;

                // Not cleared first: a 405 has its Allow header already, a 401 its challenge.
                await ForStatus(http).ExecuteAsync(http);
                return;
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException && http.RequestAborted.IsCancellationRequested)
        {
            // The client went away: there is nobody to answer.
            return;
        }
        catch (BadHttpRequestException e) when (!http.Response.HasStarted)
        {
            problem = new(e.StatusCode, e.StatusCode switch
            {
                StatusCodes.Status413PayloadTooLarge => "The body is too large; send less.",
                StatusCodes.Status408RequestTimeout => "The body came too slowly; send it again.",
                _ => "The request cannot be read; check how it is sent.",
            })
            {
                Limit = e.StatusCode == StatusCodes.Status413PayloadTooLarge ? RefusedLimit.Body : null,
            };
        }
        catch (LogUnavailableException e) when (!http.Response.HasStarted)
        {
            LogStoreAway(logger, http.Request.Method, http.Request.Path, (e.InnerException ?? e).Message, Problem.TraceIdOf(http));
            problem = Problem.StoreAway;
        }
#pragma warning disable CA1031 // The outermost catch: whatever it is becomes a 500 that shows nothing of it, and a line in the log that shows all.
        catch (Exception e) when (!http.Response.HasStarted)
#pragma warning restore CA1031
        {
            LogUnexpected(logger, http.Request.Method, http.Request.Path, Problem.TraceIdOf(http), e);
            problem = new(StatusCodes.Status500InternalServerError, "Something went wrong here. Try again; if it stays, report the traceId.");
        }

        http.Response.Clear();
        SecurityHeaders.Set(http);
        await problem.ExecuteAsync(http);
    }

    /// <summary>
    /// The server resolves dot segments before routing, so that a room named <c>..</c> would be another route: the raw target tells.
    /// </summary>
    private static bool HasNamelessSegments(HttpContext http)
    {
        ReadOnlySpan<char> target = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var query = target.IndexOf('?');
        if (query >= 0) target = target[..query];
        if (target.StartsWith("/api/", StringComparison.Ordinal) && target.Contains("//", StringComparison.Ordinal)) return true;
        if (target.IndexOf('.') < 0 && !target.Contains("%2e", StringComparison.OrdinalIgnoreCase)) return false;
        foreach (var range in target.Split('/'))
        {
            var segment = target[range];
            if (segment.Length is >= 1 and <= 6 && Uri.UnescapeDataString(segment) is "." or "..") return true;
        }

        return false;
    }

    private static Problem ForStatus(HttpContext http) =>
        http.Response.StatusCode switch
        {
            StatusCodes.Status404NotFound => new(404, "There is no such route; the README lists what there is."),
            StatusCodes.Status405MethodNotAllowed => new(405, $"This route does not take {http.Request.Method}; it takes {http.Response.Headers.Allow}."),
            StatusCodes.Status415UnsupportedMediaType => new(415, "Send the body as Content-Type: application/json."),
            var status => new(status, "The request cannot be served; check how it is sent."),
        };

    [LoggerMessage(LogLevel.Warning, "The store could not be reached for {Method} {Path}, request {RequestId}: {Reason}")]
    private static partial void LogStoreAway(ILogger logger, string method, string path, string reason, string requestId);

    [LoggerMessage(LogLevel.Error, "{Method} {Path} failed in a way that nobody expected, request {RequestId}.")]
    private static partial void LogUnexpected(ILogger logger, string method, string path, string requestId, Exception e);
}
