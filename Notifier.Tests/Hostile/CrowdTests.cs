using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Notifier.Tests.Faults;
using Notifier.Tests.Support;
using Xunit.Abstractions;

namespace Notifier.Tests.Hostile;

/// <summary>Honest clients among hostile ones: 150 among 900 for ten seconds, or at night 1,000 among 6,000 for a minute.</summary>
[Collection(HostileTestCollection.Name)]
public sealed class CrowdTests(ITestOutputHelper output)
{
    private static readonly int Honest = Nightly.Or(1000, 150);
    private static readonly int OfEachKind = Nightly.Or(2000, 300);
    private static readonly int Seconds = Nightly.Or(60, 10);
    private const int EventsPerSecond = 10;

    /// <summary>What docs/limits.md states: a connection whose client takes nothing holds so much of the service's memory, and no more.</summary>
    private const long BytesPerConnection = 128 * 1024;

    /// <summary>What the runtime may keep at hand of what has come and gone.</summary>
    private const long Slack = 200L << 20;

    [Fact]
    public async Task Honest_clients_get_everything_among_those_that_never_read_read_a_byte_a_second_or_drop_at_once()
    {
        using var service = NotifierProcess.Start(
            "Development",
            [
                ("Streams__WriteTimeoutSeconds", Nightly.Or("30", "4")), ("Log__MaxEventsPerTopic", "2000"),
                ("Logging__LogLevel__Default", "Error"), ("Logging__LogLevel__Microsoft.Hosting.Lifetime", "Information"),
            ]);
        var address = await service.ListeningAsync();
        using var client = new HttpClient { BaseAddress = address };
        await FillAsync(client);

        var alone = await RunAsync(address, client, "alone");
        var before = service.Holds;
        long peak = 0;
        double[] among;
        int connects, cuts, peakStreams = 0;
        await using (var hostile = new HostileClients(address, "/api/events?topic=room:old&topic=room:among&since=all", OfEachKind, OfEachKind, OfEachKind))
        {
            hostile.Start();
            await Until.TrueAsync("the hostile ones are there", async () => await StreamsAsync(client) >= OfEachKind * 2, seconds: 60);
            using var end = new CancellationTokenSource();
            var watching = Task.Run(async () =>
            {
                while (!end.IsCancellationRequested)
                {
                    peak = Math.Max(peak, service.Holds.Bytes);
                    peakStreams = Math.Max(peakStreams, await StreamsAsync(client));
                    await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System);
                }
            });
            among = await RunAsync(address, client, "among");
            await end.CancelAsync();
            await watching;
            (connects, cuts) = (hostile.Connects, hostile.Cuts);
        }

        await Until.TrueAsync("every stream has ended", async () => await StreamsAsync(client) == 0, seconds: 60);
        await Until.TrueAsync("every descriptor is closed", () => service.Holds.Descriptors < before.Descriptors + 20, seconds: 60);
        var after = service.Holds;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"alone: {Figures(alone)}"));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"among: {Figures(among)}; {connects} hostile connections, {cuts} cut by the service, {peakStreams} streams at once"));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"MiB: {before.Bytes >> 20} before, {peak >> 20} at most, {after.Bytes >> 20} after; descriptors: {before.Descriptors} before, {after.Descriptors} after"));
        if (Environment.GetEnvironmentVariable("NOTIFIER_FIGURES") is { Length: > 0 } file)
        {
            await File.AppendAllTextAsync(file, string.Create(CultureInfo.InvariantCulture, $"alone: {Figures(alone)}\namong: {Figures(among)}; {connects} hostile connections, {cuts} cut, {peakStreams} streams at once\nMiB: {before.Bytes >> 20} before, {peak >> 20} at most, {after.Bytes >> 20} after; descriptors: {before.Descriptors} before, {after.Descriptors} after\n"));
        }

        cuts.ShouldBeGreaterThan(OfEachKind, "Who takes nothing is cut, and comes back.");
        (peak - before.Bytes).ShouldBeLessThan(Slack + (2 * OfEachKind * BytesPerConnection));
        (await client.GetAsync("/readyz")).EnsureSuccessStatusCode();
    }

    /// <summary>Honest clients on a room of their own name, and a publisher that says so many events a second in it; returns how late each event was at each.</summary>
    private static async Task<double[]> RunAsync(Uri address, HttpClient client, string room)
    {
        var total = Seconds * EventsPerSecond;
        var clients = Enumerable.Range(0, Honest).Select(n => new HonestClient(address, $"/api/rooms/{room}/events?as=honest-{n}", total)).ToArray();
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(Seconds + 90));
        var following = clients.Select(c => Task.Run(() => c.FollowAsync(deadline.Token))).ToArray();
        await Task.WhenAll(clients.Select((c, n) => Task.WhenAny(c.IsWelcome.Task, following[n])));

        var start = Stopwatch.GetTimestamp();
        for (var n = 0; n < total; n++)
        {
            var due = start + (n * Stopwatch.Frequency / EventsPerSecond);
            var early = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due);
            if (early > TimeSpan.Zero) await Task.Delay(early, TimeProvider.System);
            await client.SayAsync(room, string.Create(CultureInfo.InvariantCulture, $"{n}:{due}"));
        }

        await Task.WhenAll(following);
        clients.ShouldAllBe(c => c.Seen == total && c.Returns == 0);
        return [.. clients.SelectMany(c => c.Times).Order()];
    }

    // 4 MB: more than the buffers of a connection hold, here and in the kernel.
    private static async Task FillAsync(HttpClient client)
    {
        var item = $$"""{"topics":["room:old"],"type":"old","data":"{{new string('x', 4000)}}"}""";
        for (var n = 0; n < 10; n++) (await client.PostTextAsync("/api/publish", $"[{string.Join(',', Enumerable.Repeat(item, 100))}]")).EnsureSuccessStatusCode();
    }

    private static async Task<int> StreamsAsync(HttpClient client)
    {
        using var health = JsonDocument.Parse(await client.GetStringAsync("/health"));
        return health.RootElement.GetProperty("connections").GetInt32();
    }

    private static string Figures(double[] times) => string.Create(
        CultureInfo.InvariantCulture,
        $"{times.Length} deliveries, p50 {times[times.Length / 2]:F1} ms, p99 {times[times.Length * 99 / 100]:F1} ms, max {times[^1]:F1} ms");
}
