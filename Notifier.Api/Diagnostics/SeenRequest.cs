using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using Notifier.Api.Commands;
using Notifier.Api.Streams;

namespace Notifier.Api.Diagnostics;

/// <summary>
/// The request as it arrived here, after whatever passed it on, and what follows. Neither addresses, nor cookies, nor credentials: who asks learns
/// what becomes of a request, not how the network behind the door looks.
/// </summary>
/// <param name="At">The service's clock.</param>
/// <param name="Instance">The same as in <c>welcome</c>.</param>
/// <param name="Protocol">HTTP between the service and its nearest neighbour.</param>
/// <param name="Scheme">What the service takes the client to have used: it decides whether the session cookie is Secure.</param>
/// <param name="Forwarded">What became of <c>X-Forwarded-For</c>: <c>none</c> came, or it was <c>ignored</c> (see Proxy:KnownNetworks), or <c>believed</c>.</param>
/// <param name="ForwardedProto"><c>X-Forwarded-Proto</c>, where it came and was not believed.</param>
/// <param name="Via">Proxies that named themselves.</param>
/// <param name="AcceptEncoding">What the neighbour offered to unpack; a browser's own is longer.</param>
/// <param name="HeartbeatSeconds">Longest silence of a stream here.</param>
/// <param name="Marks">Events that follow.</param>
/// <param name="EveryMs">Milliseconds between two of them.</param>
/// <param name="SilenceSeconds">Seconds of silence after the last of them, before <c>done</c>.</param>
internal sealed record SeenRequest(
    string At, string Instance, string Protocol, string Scheme, string Forwarded, string? ForwardedProto, string? Via, string? AcceptEncoding,
    int HeartbeatSeconds, int Marks, int EveryMs, int SilenceSeconds)
{
    private const int MaxLength = 200;

    public static SeenRequest Of(HttpContext http, StreamContext context, int marks, int everyMs, int silenceSeconds)
    {
        var headers = http.Request.Headers;

        // The middleware moves what it believes to the second name.
        var forwarded = headers.ContainsKey("X-Forwarded-For") ? "ignored" : headers.ContainsKey("X-Original-For") ? "believed" : "none";
        return new(
            Acknowledgement.Format(context.Time.GetUtcNow()), context.Instance, http.Request.Protocol, http.Request.Scheme,
            forwarded, Text(headers["X-Forwarded-Proto"]), Text(headers.Via), Text(headers[HeaderNames.AcceptEncoding]),
            context.Options.HeartbeatSeconds, marks, everyMs, silenceSeconds);
    }

    private static string? Text(StringValues values)
    {
        var text = values.ToString();
        return text.Length == 0 ? null : text.Length > MaxLength ? text[..MaxLength] : text;
    }
}
