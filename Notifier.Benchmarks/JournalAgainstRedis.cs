using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Notifier.Core.Events;
using Notifier.Core.Log;
using Notifier.Core.Log.Embedded;
using Notifier.Core.Log.Redis;
using Notifier.Core.Settings;
using Notifier.Core.Topics;

namespace Notifier.Benchmarks;

/// <summary>
/// Acknowledged publishes a second, through the same interface and on the same disk: the journal against a Redis that syncs each write. Closed loop:
/// each publisher sends its next event once the one before it is acknowledged. Then how long a start with many retained events takes.
/// </summary>
internal static class JournalAgainstRedis
{
    private const int Rounds = 3;

    /// <summary>Reads the command line; null where it is wrong.</summary>
    public static NamedOptions? Parse(string[] args) => NamedOptions.Parse(args, ("--seconds", "3"), ("--events", "1000000"), ("--folder", Path.GetTempPath()));

    public static async Task<int> RunAsync(NamedOptions options)
    {
        var (seconds, retained) = (options.Number("--seconds"), options.Number("--events"));
        if (options.IsDryRun)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"Would publish for {seconds} s into the journal and into a redis-server, and open a journal of {retained} events, under {options["--folder"]}."));
            return 0;
        }

        var folder = Directory.CreateDirectory(Path.Combine(options["--folder"], $"notifier-bench-{Guid.NewGuid():N}"));
        try
        {
            await CompareAsync(folder.FullName, TimeSpan.FromSeconds(seconds));
            await StartAsync(folder.FullName, retained);
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        return 0;
    }

    private static async Task CompareAsync(string folder, TimeSpan duration)
    {
        var port = FreePort();
        var redisFolder = Directory.CreateDirectory(Path.Combine(folder, "redis")).FullName;
        using var server = Process.Start(new ProcessStartInfo(
            "redis-server", ["--port", $"{port}", "--bind", "127.0.0.1", "--dir", redisFolder, "--appendonly", "yes", "--appendfsync", "always", "--save", "", "--loglevel", "warning"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        })!;
        try
        {
            await using var connection = await RedisConnection.OpenAsync($"127.0.0.1:{port}", TimeProvider.System);
            await using var redis = new RedisEventLog(connection, new(), new(), TimeProvider.System);
            while (!redis.IsReady) await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            await using var journal = JournalEventLog.Open(new() { Path = Path.Combine(folder, "journal") }, TimeProvider.System, new Silence());
            foreach (var publishers in new[] { 1, 64 })
            {
                await PublishAsync(journal, publishers, TimeSpan.FromSeconds(1));
                await PublishAsync(redis, publishers, TimeSpan.FromSeconds(1));

                // In turns, so that what else the machine does meets both.
                double[] ours = new double[Rounds], theirs = new double[Rounds];
                for (var round = 0; round < Rounds; round++)
                {
                    ours[round] = await PublishAsync(journal, publishers, duration);
                    theirs[round] = await PublishAsync(redis, publishers, duration);
                }

                Array.Sort(ours);
                Array.Sort(theirs);
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{publishers} publishers: journal {ours[Rounds / 2]:F0}/s ({ours[0]:F0} to {ours[^1]:F0}), redis {theirs[Rounds / 2]:F0}/s ({theirs[0]:F0} to {theirs[^1]:F0}), ratio {ours[Rounds / 2] / theirs[Rounds / 2]:F2}"));
            }
        }
        finally
        {
            server.Kill();
            await server.WaitForExitAsync();
        }
    }

    private static async Task<double> PublishAsync(IEventLog log, int publishers, TimeSpan duration)
    {
        var start = Stopwatch.GetTimestamp();
        var counts = await Task.WhenAll(Enumerable.Range(0, publishers).Select(n => Task.Run(async () =>
        {
            var topic = TopicName.Room($"bench-{n}");
            var count = 0;
            for (; Stopwatch.GetElapsedTime(start) < duration; count++) await log.AppendAsync(topic, Draft(count), default, default);
            return count;
        })));
        return counts.Sum() / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static async Task StartAsync(string folder, int retained)
    {
        var options = new LogOptions { Path = Path.Combine(folder, "retained"), MaxEventsPerTopic = 100_000 };
        var filling = Stopwatch.StartNew();
        await using (var log = JournalEventLog.Open(options, TimeProvider.System, new Silence()))
        {
            var next = 0;
            await Task.WhenAll(Enumerable.Range(0, 512).Select(_ => Task.Run(async () =>
            {
                for (var n = Interlocked.Increment(ref next); n <= retained; n = Interlocked.Increment(ref next))
                    await log.AppendAsync(TopicName.Room($"room-{n % 1000}"), Draft(n), default, default);
            })));
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"wrote {retained} events in {filling.Elapsed.TotalSeconds:F1} s"));
        for (var round = 0; round < Rounds; round++)
        {
            var before = GC.GetTotalMemory(forceFullCollection: true);
            var opened = new Silence();
            await using var log = JournalEventLog.Open(options, TimeProvider.System, opened);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"start with {opened.Opening!.Events} events of {opened.Opening.Bytes >> 20} MiB: {opened.Opening.Elapsed.TotalMilliseconds:F0} ms"));

            // Later ones take the room of those before them.
            if (round > 0) continue;
            var held = GC.GetTotalMemory(forceFullCollection: true) - before;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"memory: {(double)held / Math.Max(1, opened.Opening.Events):F0} bytes an event"));
        }
    }

    private static EventDraft Draft(int n) => new("message", new("ada", "Ada"), Encoding.UTF8.GetBytes($$"""{"text":"This is message number {{n}} of a benchmark, about as long as people's are."}"""));

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private sealed class Silence : IJournalWatch
    {
        public JournalOpening? Opening { get; private set; }

        public void OnOpened(JournalOpening opening) => Opening = opening;

        public void OnWriteFailed(string folder, Exception cause) => throw new InvalidOperationException("The disk is full.", cause);

        public void OnWriteHealed(string folder)
        {
        }

        public void OnWritingEnded(string folder, Exception cause) => throw new InvalidOperationException("The disk has failed.", cause);

        public void OnDamageRead(string segment, long offset) => throw new InvalidOperationException($"{segment} is damaged at {offset}.");

        public void OnKeepingFailed(string folder, Exception cause) => throw new InvalidOperationException("Old segments could not be dropped.", cause);

        public void OnStateOverBytes(string folder, long bytes)
        {
        }
    }
}
