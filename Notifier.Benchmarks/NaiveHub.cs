using System.Collections.Concurrent;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Notifier.Benchmarks;

/// <summary>
/// The hub as it is usually written: a channel per subscriber behind <c>TypedResults.ServerSentEvents</c>. It
/// checks nothing, stores nothing and replays nothing; what it costs is what everything else is measured against.
/// </summary>
internal static class NaiveHub
{
    public static async Task<int> RunAsync(string[] args)
    {
        var builder = WebApplication.CreateBuilder(args);
        builder.Logging.ClearProviders();
        var app = builder.Build();
        var rooms = new ConcurrentDictionary<string, ConcurrentDictionary<Guid, Channel<string>>>(StringComparer.Ordinal);
        app.MapGet("/sub/{room}", (string room, CancellationToken cancellationToken) =>
        {
            var subscribers = rooms.GetOrAdd(room, static _ => new());
            return TypedResults.ServerSentEvents(ListenAsync(subscribers, cancellationToken));
        });
        app.MapPost("/pub/{room}", async (string room, HttpRequest request) =>
        {
            using var reader = new StreamReader(request.Body);
            var text = await reader.ReadToEndAsync();
            if (rooms.TryGetValue(room, out var subscribers))
            {
                foreach (var (_, channel) in subscribers) channel.Writer.TryWrite(text);
            }

            return Results.NoContent();
        });
        await app.RunAsync();
        return 0;
    }

    private static async IAsyncEnumerable<SseItem<string>> ListenAsync(
        ConcurrentDictionary<Guid, Channel<string>> subscribers, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var id = Guid.NewGuid();
        var channel = Channel.CreateUnbounded<string>();
        subscribers[id] = channel;
        try
        {
            // No header goes out before the first item, so there is one: who connects would wait for the first event otherwise.
            yield return new("hello");
            await foreach (var text in channel.Reader.ReadAllAsync(cancellationToken)) yield return new(text);
        }
        finally
        {
            subscribers.TryRemove(id, out _);
        }
    }
}
