using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Notifier.Api.Streams;
using Notifier.Core.Log;
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

    private static readonly int Rounds = Nightly.Or(200, 20);

    private readonly ManualTime _time = new();
    private NotifierHost _host = null!;
    private Endings _endings = null!;

    public async Task InitializeAsync()
    {
        _host = NotifierHost.With(
            services => services.Replace(ServiceDescriptor.Singleton<TimeProvider>(_time)),
            ("Auth:SigningKey", TestTokens.Key), ("Streams:MaxPerUser", "200"), ("Streams:MaxAge", "01:00:00"), ("Logging:LogLevel:Default", "Error"));
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
            $"{Rounds * PerRound} connections in {Stopwatch.GetElapsedTime(start).TotalSeconds:F0} s; {before} then, {after} now: {grown:F1} bytes a connection"));
        (after with { Bytes = 0, Descriptors = 0 }).ShouldBe(before with { Bytes = 0, Descriptors = 0 });
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
        await EndedAsync("aged", "/api/rooms/soak-2/events", () => StepAsync(TimeSpan.FromHours(1.2)));
        await EndedAsync("slow", "/api/rooms/soak-full/events?since=all", () => StepAsync(TimeSpan.FromSeconds(31)), reads: false);
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
        await Task.WhenAll(sockets.Select(async socket =>
        {
            if (reads) await Endings.ReadToEndAsync(socket);
            else await Until.TrueAsync($"a stream has ended: {how}", () => IsEnded(socket));
            socket.Dispose();
        }));
    }

    /// <summary>Moves the clock until who takes nothing has been cut, whenever its flush began.</summary>
    private bool IsEnded(Socket socket)
    {
        _time.Advance(TimeSpan.FromMilliseconds(250));
        return socket.Poll(0, SelectMode.SelectError);
    }

    private Task StepAsync(TimeSpan by)
    {
        // In steps of the shared clock's tick at least, which is what cuts and ends.
        for (var n = 0; n < 10; n++) _time.Advance(by / 10);
        return Task.CompletedTask;
    }

    /// <summary>Lets what lingers go, and looks at what is left.</summary>
    private async Task<Holding> LookAsync()
    {
        var door = _host.Services.GetRequiredService<StreamDoor>();
        var subscriptions = _host.Services.GetRequiredService<Subscriptions>();
        await Until.TrueAsync("all streams have ended", () => door.Open == 0);
        await Until.TrueAsync("tails that nobody reads are let go", async () =>
        {
            await StepAsync(TimeSpan.FromSeconds(35));
            return subscriptions.FollowedTopics <= 2;
        });
        var listed = 0;
        _host.Services.GetRequiredService<OpenStreams>().ForEach(_ => listed++);
        for (var n = 0; n < 3; n++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        return new(door.Open, door.Users, listed, subscriptions.FollowedTopics, GC.GetTotalMemory(forceFullCollection: true), Directory.GetFileSystemEntries("/proc/self/fd").Length);
    }

    private sealed record Holding(int Streams, int Users, int Listed, int FollowedTopics, long Bytes, int Descriptors);
}
