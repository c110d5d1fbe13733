using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Notifier.Api.Streams;
using Notifier.Core.Log;
using Notifier.Core.Presence;
using Notifier.Tests.Faults;
using Notifier.Tests.Support;
using Xunit.Abstractions;

namespace Notifier.Tests.Hostile;

/// <summary>100,000 connections that come and go by all ways of ending, or at night a million: nothing about one outlives it.</summary>
[Collection(HostileTestCollection.Name)]
public sealed class SoakTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int PerRound = 5000;
    private const int HeldPerRound = 200;
    private const int WarmUpRounds = 4;
    private const int AtOnce = 32;
    private const string TailSize = "notifier_tails_size_bytes";

    private static readonly int Rounds = Nightly.Or(200, 20);

    private readonly ManualTime _time = new();
    private NotifierHost _host = null!;
    private Endings _endings = null!;

    private StreamDoor Door => _host.Services.GetRequiredService<StreamDoor>();

    public async Task InitializeAsync()
    {
        _host = NotifierHost.With(
            services => services.Replace(ServiceDescriptor.Singleton<TimeProvider>(_time)),
            ("Auth:SigningKey", TestTokens.Key), ("Streams:MaxPerUser", "200"), ("Streams:MaxAge", "00:05:00"), ("Streams:WriteTimeoutSeconds", "5"), ("Logging:LogLevel:Default", "Error"));
        _endings = new(_host.Address);
        var item = $$"""{"topics":["room:soak-full"],"type":"old","data":"{{new string('x', 8000)}}"}""";
        for (var n = 0; n < 5; n++) (await _host.Http.PostTextAsync("/api/publish", $"[{string.Join(',', Enumerable.Repeat(item, 100))}]")).EnsureSuccessStatusCode();
    }

    public async Task DisposeAsync()
    {
        // A drain waits for the clock.
        var stopping = _host.DisposeAsync().AsTask();
        await Until.TrueAsync("the host has stopped", async () =>
        {
            await StepAsync(TimeSpan.FromSeconds(10));
            return stopping.IsCompleted;
        });
        await stopping;
    }

    [Fact]
    public async Task After_connects_and_disconnects_of_all_kinds_memory_and_every_gauge_are_where_they_were()
    {
        var start = Stopwatch.GetTimestamp();
        for (var round = 0; round < WarmUpRounds; round++) await RoundAsync(round);
        var before = await LookAsync();

        for (var round = WarmUpRounds; round < Rounds; round++) await RoundAsync(round);
        var after = await LookAsync();

        var connections = (Rounds - WarmUpRounds) * PerRound;
        var grown = (after.Bytes - before.Bytes) / (double)connections;
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Rounds * PerRound} connections in {Stopwatch.GetElapsedTime(start).TotalSeconds:F0} s; {before.Bytes >> 10} KiB and {before.Descriptors} descriptors then, {after.Bytes >> 10} KiB and {after.Descriptors} now: {grown:F1} bytes a connection"));
        (after.Streams, after.Users, after.Listed, after.FollowedTopics, after.Rooms).ShouldBe((0, 0, 0, before.FollowedTopics, 0));
        after.Gauges.ShouldBe(before.Gauges, ignoreOrder: true);

        // Nearly: a heartbeat that is under way while this clock jumps counts as a client that took nothing for so long.
        after.Ends.Values.Sum().ShouldBeGreaterThanOrEqualTo(3 * HeldPerRound * Rounds);
        after.Ends.ShouldAllBe(end => end.Value >= 0.9 * HeldPerRound * Rounds);

        // The revocations are events, and are kept as events are.
        (after.TailBytes - before.TailBytes).ShouldBeLessThanOrEqualTo((Rounds - WarmUpRounds) * 2 * 500);
        after.Descriptors.ShouldBeInRange(before.Descriptors - 30, before.Descriptors + 30);

        // A leak of one small object each would be some 24 bytes; what the runtime itself grows by is not counted in connections.
        (after.Bytes - before.Bytes).ShouldBeLessThan(1_500_000 + (8 * connections));
    }

    private async Task RoundAsync(int round)
    {
        var first = round * PerRound;
        var crowded = await Task.WhenAll(Enumerable.Range(0, HeldPerRound).Select(n => _endings.OpenAsync(n, "/api/rooms/soak-0/events?as=crowded", default)));
        await Parallel.ForEachAsync(
            Enumerable.Range(first, PerRound - (4 * HeldPerRound)), new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (n, end) => await _endings.ComeAndGoAsync(n, end));

        foreach (var socket in crowded) socket.Dispose();

        // And the ends that the service makes: by an admin, for age, of who takes nothing.
        await EndedAsync("revoked", "/api/rooms/soak-1/events", async () =>
        {
            using var admin = _host.NewClient(TestTokens.For("root", roles: ["admin"]));
            foreach (var user in new[] { "held-0", "held-1" }) (await admin.DeleteAsync($"/api/admin/users/{user}/connections")).EnsureSuccessStatusCode();
        });
        await EndedAsync("aged", "/api/rooms/soak-2/events", () => StepAsync(TimeSpan.FromMinutes(6)));
        await EndedAsync("slow", "/api/rooms/soak-full/events?since=all", () => StepAsync(TimeSpan.FromSeconds(6)), reads: false);
    }

    private async Task EndedAsync(string how, string path, Func<Task> end, bool reads = true)
    {
        var sockets = new Socket[HeldPerRound];
        await Parallel.ForAsync(0, HeldPerRound, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (n, cancellationToken) =>
        {
            var target = string.Create(CultureInfo.InvariantCulture, $"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}as=held-{n % 2}");
            sockets[n] = await _endings.OpenAsync(n, target, cancellationToken);
        });
        await end();
        if (reads) await Task.WhenAll(sockets.Select(Endings.ReadToEndAsync));
        await Until.TrueAsync($"all streams have ended: {how}", () =>
        {
            // Whoever takes nothing is cut so long after its flush began, whenever that was.
            if (!reads) _time.Advance(TimeSpan.FromMilliseconds(250));
            return Door.Open == 0;
        });
        foreach (var socket in sockets) socket.Dispose();
    }

    private Task StepAsync(TimeSpan by)
    {
        // In steps of the shared clock's tick at least, which is what cuts and ends.
        for (var n = 0; n < 10; n++) _time.Advance(by / 10);
        return Task.CompletedTask;
    }

    /// <summary>Lets what lingers go, and looks at what is left.</summary>
    private async Task<Leftover> LookAsync()
    {
        var subscriptions = _host.Services.GetRequiredService<Subscriptions>();
        await Until.TrueAsync("all streams have ended", () => Door.Open == 0);
        await Until.TrueAsync("tails that nobody reads are let go", async () =>
        {
            await StepAsync(TimeSpan.FromSeconds(35));
            return subscriptions.FollowedTopics <= 2;
        });
        var rooms = _host.Services.GetRequiredService<Rooms>();
        var metrics = await Exposition.FetchAsync(_host.Http);
        var gauges = metrics.Samples.Where(s => metrics.Types.GetValueOrDefault(s.Key.Split('{')[0]) == "gauge" && IsOfStreams(s.Key)).ToArray();
        string[] reasons = ["revoked", "max-age", "slow"];
        var ends = reasons.ToDictionary(r => r, r => metrics.Samples.Where(s => s.Key.StartsWith("notifier_streams_closed_total{", StringComparison.Ordinal) && s.Key.Contains($"\"{r}\"", StringComparison.Ordinal)).Sum(s => s.Value));
        var listed = 0;
        _host.Services.GetRequiredService<OpenStreams>().ForEach(_ => listed++);
        for (var n = 0; n < 3; n++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        return new(
            Door.Open, Door.Users, listed, subscriptions.FollowedTopics, rooms.Held, gauges, ends, metrics[TailSize], GC.GetTotalMemory(forceFullCollection: true),
            Directory.GetFileSystemEntries("/proc/self/fd").Length);
    }

    private static bool IsOfStreams(string series) => series.StartsWith("notifier_", StringComparison.Ordinal) && series is not ("notifier_uptime_seconds" or TailSize);

    private sealed record Leftover(
        int Streams, int Users, int Listed, int FollowedTopics, int Rooms, KeyValuePair<string, double>[] Gauges, Dictionary<string, double> Ends, double TailBytes, long Bytes, int Descriptors);
}
