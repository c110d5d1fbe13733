using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.ServerSentEvents;
using System.Text;
using System.Text.Json;

namespace Notifier.Benchmarks;

/// <summary>
/// From the POST on one instance to the event on another. Open loop: each event has a moment at which it is due, and its time counts from then, so that
/// a publisher that falls behind shows in the figures.
/// </summary>
internal static class AcrossInstances
{
    private const int Connections = 16;

    /// <summary>Reads the command line; null where it is wrong.</summary>
    public static NamedOptions? Parse(string[] args) => NamedOptions.Parse(args, ("--redis", "127.0.0.1:6379"), ("--rate", "1000"), ("--seconds", "10"));

    public static async Task<int> RunAsync(NamedOptions options)
    {
        var (redis, rate, seconds) = (options["--redis"], options.Number("--rate"), options.Number("--seconds"));
        if (options.IsDryRun)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Would send {rate} events/s for {seconds} s from one instance to another over {redis}."));
            return 0;
        }

        var warmUp = rate * 2;
        var total = warmUp + (rate * seconds);

        using var one = await ServiceProcess.StartAsync(redis);
        using var other = await ServiceProcess.StartAsync(redis);
        var room = $"bench-{Guid.NewGuid():N}";
        var due = new long[total];
        var arrived = new long[total];
        using var client = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = Connections }) { BaseAddress = one.Address };
        using var subscriber = new HttpClient { BaseAddress = other.Address };
        await using var stream = await subscriber.GetStreamAsync(new Uri($"/api/rooms/{room}/events", UriKind.Relative));
        var isOpen = new TaskCompletionSource();
        var reading = Task.Run(() => ReadAsync(stream, arrived, isOpen));
        await isOpen.Task;

        var failures = new ConcurrentQueue<string>();
        var start = Stopwatch.GetTimestamp();
        await Parallel.ForEachAsync(Enumerable.Range(0, total), new ParallelOptions { MaxDegreeOfParallelism = Connections }, async (n, cancellationToken) =>
        {
            due[n] = start + (n * Stopwatch.Frequency / rate);
            var early = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due[n]);
            if (early > TimeSpan.FromMilliseconds(1)) await Task.Delay(early, TimeProvider.System, cancellationToken);
            using var body = new StringContent($$"""{"text":"{{n}}"}""", Encoding.UTF8, "application/json");
            using var answer = await client.PostAsync(new Uri($"/api/rooms/{room}/messages", UriKind.Relative), body, cancellationToken);
            if (!answer.IsSuccessStatusCode) failures.Enqueue(answer.StatusCode.ToString());
        });

        await reading.WaitAsync(TimeSpan.FromSeconds(30));
        var times = Enumerable.Range(warmUp, total - warmUp).Select(n => Stopwatch.GetElapsedTime(due[n], arrived[n]).TotalMilliseconds).Order().ToArray();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{times.Length} events at {rate}/s, {failures.Count} failed: p50 {times[times.Length / 2]:F2} ms, p90 {times[times.Length * 9 / 10]:F2} ms, p99 {times[times.Length * 99 / 100]:F2} ms, max {times[^1]:F2} ms"));
        return failures.IsEmpty ? 0 : 1;
    }

    private static async Task ReadAsync(Stream stream, long[] arrived, TaskCompletionSource isOpen)
    {
        var seen = 0;
        await foreach (var item in SseParser.Create(stream).EnumerateAsync())
        {
            var now = Stopwatch.GetTimestamp();
            if (item.EventType == "welcome") isOpen.TrySetResult();
            if (item.EventType != "message") continue;
            using var envelope = JsonDocument.Parse(item.Data);
            arrived[int.Parse(envelope.RootElement.GetProperty("data").GetProperty("text").GetString()!, CultureInfo.InvariantCulture)] = now;
            if (++seen == arrived.Length) return;
        }
    }
}
