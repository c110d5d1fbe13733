using System.Diagnostics;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Notifier.Tests.Support;

namespace Notifier.Tests.Clients;

/// <summary>Clients that were not written here. Each comes back in its own way, for as long as it is listened to.</summary>
internal static class IndependentClient
{
    public const string Curl = "curl -N";
    public const string Parser = "System.Net.ServerSentEvents";

    public static IAsyncEnumerable<ClientEvent> FollowAsync(string client, NpmClients npm, Uri stream, CancellationToken cancellationToken) => client switch
    {
        Parser => ParseAsync(stream, cancellationToken),
        Curl => RunAsync("bash", Path.Combine(Repository.Root, "Notifier.Tests", "Clients", "follow-with-curl"), stream, cancellationToken),
        _ => RunAsync("node", npm.Script(client), stream, cancellationToken),
    };

    /// <summary>A process that prints one event a line: type, id and data, with tabs between them.</summary>
    private static async IAsyncEnumerable<ClientEvent> RunAsync(string program, string script, Uri stream, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var process = Process.Start(new ProcessStartInfo(program, [script, stream.ToString()]) { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        try
        {
            while (await process.StandardOutput.ReadLineAsync(cancellationToken) is { } line)
            {
                var parts = line.Split('\t');
                yield return new(parts[0], parts[1], parts[2]);
            }

            throw new EndOfStreamException($"{script} ended: {await errors}");
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }
    }

    /// <summary>The parser comes without a connection: this is the loop that its documentation leaves to its user.</summary>
    private static async IAsyncEnumerable<ClientEvent> ParseAsync(Uri stream, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var http = new HttpClient();
        var (last, retry) = ("", TimeSpan.FromSeconds(1));
        while (true)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, stream) { Headers = { { "Accept", "text/event-stream" } } };
            if (last.Length > 0) request.Headers.TryAddWithoutValidation("Last-Event-ID", last);
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            var parser = SseParser.Create(await response.EnsureSuccessStatusCode().Content.ReadAsStreamAsync(cancellationToken));
            await using var events = parser.EnumerateAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
            while (await MovesAsync(events))
            {
                last = parser.LastEventId;
                yield return new(events.Current.EventType, last, events.Current.Data);
            }

            if (parser.ReconnectionInterval > TimeSpan.Zero) retry = parser.ReconnectionInterval;
            await Task.Delay(retry, TimeProvider.System, cancellationToken);
        }
    }

    private static async ValueTask<bool> MovesAsync(IAsyncEnumerator<SseItem<string>> events)
    {
        try
        {
            return await events.MoveNextAsync();
        }
        catch (Exception e) when (e is IOException or HttpRequestException)
        {
            // Cut.
            return false;
        }
    }
}
