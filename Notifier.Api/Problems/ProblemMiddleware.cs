using Microsoft.AspNetCore.Http.Features;
using Notifier.Core.Log;

namespace Notifier.Api.Problems;

/// <summary>The one place where an exception, or an answer that nobody wrote a body for, becomes a problem.</summary>
internal sealed partial class ProblemMiddleware(RequestDelegate next, ILogger<ProblemMiddleware> logger)
{
    public async Task InvokeAsync(HttpContext http)
    {
        Problem problem;
        try
        {
            if (CheckTarget(http) is { } rejected)
            {
                problem = rejected;
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
            problem = new(e.StatusCode, e.StatusCode == StatusCodes.Status413PayloadTooLarge ? "The body is too large; send less." : "The request cannot be read; check how it is sent.");
        }
        catch (LogUnavailableException e) when (!http.Response.HasStarted)
        {
            LogStoreAway(logger, http.Request.Method, http.Request.Path, e);
            problem = Problem.StoreAway;
        }
#pragma warning disable CA1031 // The outermost catch: whatever it is becomes a 500 that shows nothing of it, and a line in the log that shows all.
        catch (Exception e) when (!http.Response.HasStarted)
#pragma warning restore CA1031
        {
            LogUnexpected(logger, http.Request.Method, http.Request.Path, e);
            problem = new(StatusCodes.Status500InternalServerError, "Something went wrong here. Try again; if it stays, report the traceId.");
        }

        http.Response.Clear();
        await problem.ExecuteAsync(http);
    }

    /// <summary>
    /// What routing would not notice: the server resolves dot segments before it, so that a room named <c>..</c> would be another route, and a NUL
    /// may hide in a parameter that nobody reads. The raw target tells.
    /// </summary>
    private static Problem? CheckTarget(HttpContext http)
    {
        ReadOnlySpan<char> target = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        if (target.Contains("%00", StringComparison.Ordinal))
        {
            var field = http.Request.Query.FirstOrDefault(parameter => parameter.Value.Any(value => value?.Contains('\0', StringComparison.Ordinal) is true)).Key;
            return Problem.Invalid(field ?? "query", "holds NUL (%00), which no field takes");
        }

        var query = target.IndexOf('?');
        if (query >= 0) target = target[..query];
        if (target.IndexOf('.') < 0 && !target.Contains("%2e", StringComparison.OrdinalIgnoreCase)) return null;
        foreach (var range in target.Split('/'))
        {
            var segment = target[range];
            if (segment.Length is >= 1 and <= 6 && Uri.UnescapeDataString(segment) is "." or "..") return Problem.Invalid("path", "holds a segment of . or .., which is not a name");
        }

        return null;
    }

    private static Problem ForStatus(HttpContext http) =>
        http.Response.StatusCode switch
        {
            StatusCodes.Status404NotFound => new(404, "There is no such route; the README lists what there is."),
            StatusCodes.Status405MethodNotAllowed => new(405, $"This route does not take {http.Request.Method}; it takes {http.Response.Headers.Allow}."),
            StatusCodes.Status415UnsupportedMediaType => new(415, "Send the body as Content-Type: application/json."),
            var status => new(status, "The request cannot be served; check how it is sent."),
        };

    [LoggerMessage(LogLevel.Warning, "The store could not be reached for {Method} {Path}.")]
    private static partial void LogStoreAway(ILogger logger, string method, string path, Exception e);

    [LoggerMessage(LogLevel.Error, "{Method} {Path} failed in a way that nobody expected.")]
    private static partial void LogUnexpected(ILogger logger, string method, string path, Exception e);
}
