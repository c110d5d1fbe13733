using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.AspNetCore.WebUtilities;

namespace Notifier.Api.Problems;

/// <summary>
/// Gives a body to requests that the server itself rejects before any middleware runs: a NUL in the path, a request line or headers over the limit.
/// The server announces each on its diagnostic source, just before it answers with the bare status.
/// </summary>
internal sealed class RejectedRequests(DiagnosticListener listener) : IHostedService, IObserver<KeyValuePair<string, object?>>, IDisposable
{
    private const string EventName = "Microsoft.AspNetCore.Server.Kestrel.BadRequest";

    private IDisposable? _subscription;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _subscription = listener.Subscribe(this, static (name, _, _) => name == EventName);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _subscription?.Dispose();

    public void OnNext(KeyValuePair<string, object?> value)
    {
        if (value.Key != EventName || value.Value is not IFeatureCollection features) return;
        if (features.Get<IHttpResponseFeature>() is not { HasStarted: false } || features.Get<IHttp2StreamIdFeature>() is not null) return;
        if (features.Get<IConnectionTransportFeature>() is not { } connection) return;
        var status = features.Get<IBadRequestExceptionFeature>()?.Error is BadHttpRequestException error ? error.StatusCode : StatusCodes.Status400BadRequest;
        var detail = status switch
        {
            StatusCodes.Status414UriTooLong => "The request line is too long; name fewer topics, and open another stream for the rest.",
            StatusCodes.Status431RequestHeaderFieldsTooLarge => "The headers are too large; send fewer, or shorter ones.",
            StatusCodes.Status408RequestTimeout => "The request came too slowly; send it again.",
            _ => "The request cannot be read; check its path and headers, which take no control characters and no NUL.",
        };

        var bytes = new Problem(status, detail).Write(features.Get<IHttpRequestIdentifierFeature>()?.TraceIdentifier ?? "");
        var head = string.Create(
            CultureInfo.InvariantCulture,
            $"HTTP/1.1 {status} {ReasonPhrases.GetReasonPhrase(status)}\r\nContent-Type: application/problem+json\r\nContent-Length: {bytes.Length}\r\nConnection: close\r\n\r\n");

        // No response exists yet at this point, only the connection. The server's own bare answer follows these bytes, after what they declare
        // to be the connection's last response, so that no client reads it; with it they are flushed, by the only one who may.
        var output = connection.Transport.Output;
        output.Write(Encoding.ASCII.GetBytes(head));
        output.Write(bytes.Span);
    }

    public void OnCompleted()
    {
    }

    public void OnError(Exception error)
    {
    }
}
