using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json;
using Notifier.Tests.Faults;
using Notifier.Tests.Support;
using Xunit.Abstractions;

namespace Notifier.Tests.Hostile;

/// <summary>Two instances behind nginx are restarted one after the other, under 500 clients and a publisher that does not wait for them.</summary>
[Collection(HostileTestCollection.Name)]
public sealed class RollingRestartTests(RedisServer redis, ITestOutputHelper output) : IClassFixture<RedisServer>
{
    private const int Clients = 500;
    private const int DrainSeconds = 5;
    private const int EventsPerSecond = 10;
    private const int Events = 40 * EventsPerSecond;

    private static readonly IPAddress[] Addresses = [IPAddress.Parse("127.0.0.1"), IPAddress.Parse("127.0.0.2")];

    [SkippableFact]
    public async Task Every_client_has_every_event_exactly_once_and_who_comes_back_comes_spread_over_the_drain()
    {
        var configuration = redis.Need();
        var port = FreePort.Next(Addresses);
        await using var names = NameServer.Of(Addresses);
        await using var nginx = await Nginx.StartAsync(names, port);
        var instances = new NotifierProcess[Addresses.Length];
        using var client = nginx.NewClient();
        try
        {
            for (var i = 0; i < instances.Length; i++) instances[i] = await StartAsync(configuration, i, port);
            var room = Fresh.Room();
            var clients = Enumerable.Range(0, Clients).Select(n => new HonestClient(nginx.Address, $"/api/rooms/{room}/events?as=c-{n}", Events)).ToArray();
            using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(3));
            var following = clients.Select(c => Task.Run(() => c.FollowAsync(deadline.Token))).ToArray();
            await Task.WhenAll(clients.Select((c, n) => Task.WhenAny(c.IsWelcome.Task, following[n])));

            var publishing = Task.Run(() => PublishAsync(client, room));
            var drains = new List<long>();
            for (var i = 0; i < instances.Length; i++)
            {
                drains.Add(Stopwatch.GetTimestamp());
                publishing.IsCompleted.ShouldBeFalse("The publisher goes on during both restarts.");
                instances[i].Signal("TERM");
                (await instances[i].ExitAsync()).ShouldBe(0, instances[i].Output);
                instances[i].Dispose();
                instances[i] = await StartAsync(configuration, i, port);
            }

            await publishing;
            await Task.WhenAll(following);

            clients.ShouldAllBe(c => c.Seen == Events);
            clients.Count(c => c.Returns > 0).ShouldBeGreaterThan(Clients / 3);
            foreach (var drain in drains) ShouldBeSpread(clients, drain);
        }
        finally
        {
            foreach (var instance in instances) instance?.Dispose();
        }
    }

    private void ShouldBeSpread(HonestClient[] clients, long drain)
    {
        // Who comes back in the time of the drain, and in that of the longest retry after it.
        var returns = clients.SelectMany(c => c.Welcomes.Skip(1)).Where(w => w.At > drain && Stopwatch.GetElapsedTime(drain, w.At).TotalSeconds < DrainSeconds + 3).ToArray();
        var evenShare = returns.Length / (double)DrainSeconds;
        var most = returns.GroupBy(w => (w.Instance, (int)Stopwatch.GetElapsedTime(drain, w.At).TotalSeconds)).Max(second => second.Count());
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{returns.Length} came back; an even share is {evenShare:F0} a second, the most in one second on one instance were {most}"));
        returns.Length.ShouldBeGreaterThan(Clients / 10);
        ((double)most).ShouldBeLessThanOrEqualTo(2 * evenShare);
    }

    private static async Task PublishAsync(HttpClient client, string room)
    {
        var start = Stopwatch.GetTimestamp();
        for (var n = 0; n < Events; n++)
        {
            var due = start + (n * Stopwatch.Frequency / EventsPerSecond);
            var early = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due);
            if (early > TimeSpan.Zero) await Task.Delay(early, TimeProvider.System);
            var json = JsonSerializer.Serialize(new { text = string.Create(CultureInfo.InvariantCulture, $"{n}:{due}") });
            while (!await IsStoredAsync(client, room, json, n))
            {
                // Its key makes a repeat safe, whatever became of the one before.
            }
        }
    }

    private static async Task<bool> IsStoredAsync(HttpClient client, string room, string json, int number)
    {
        try
        {
            using var answer = await client.PostTextAsync($"/api/rooms/{room}/messages", json, ("Idempotency-Key", string.Create(CultureInfo.InvariantCulture, $"event-{number}")));
            return answer.StatusCode == HttpStatusCode.Created;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private static async Task<NotifierProcess> StartAsync(string configuration, int index, int port)
    {
        var process = NotifierProcess.Start(
            "Development",
            [
                ("Redis__Configuration", configuration), ("ASPNETCORE_URLS", $"http://{Addresses[index]}:{port}"), ("Streams__DrainSeconds", DrainSeconds.ToString(CultureInfo.InvariantCulture)),
                ("Streams__RetryMs", "500"), ("Logging__LogLevel__Default", "Error"), ("Logging__LogLevel__Microsoft.Hosting.Lifetime", "Information"),
            ]);
        using var probe = new HttpClient { BaseAddress = await process.ListeningAsync() };
        await Until.TrueAsync("an instance is ready", async () => (await probe.GetAsync("/readyz")).IsSuccessStatusCode);
        return process;
    }
}
