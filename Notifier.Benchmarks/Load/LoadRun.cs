using System.Diagnostics;

namespace Notifier.Benchmarks.Load;

/// <summary>One run against one freshly started server.</summary>
internal static class LoadRun
{
    private const int OpenedAtOnce = 64;

    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan DrainLimit = TimeSpan.FromSeconds(10);

    public static async Task<LoadResult> RunAsync(LoadOptions options, Target target, Action<double> progress)
    {
        var board = new LoadBoard(options.Publishers);
        var pssBefore = target.Gauge.PssKib();
        var subscribers = Enumerable.Range(0, options.Streams).Select(i => new Subscriber(i % options.Rooms, i, board)).ToArray();
        var publishers = Enumerable.Range(0, options.Publishers).Select(i => new Publisher(i, options, target)).ToArray();
        try
        {
            var opened = 0;
            var reading = new Task[subscribers.Length];
            await Parallel.ForEachAsync(Enumerable.Range(0, subscribers.Length), new ParallelOptions { MaxDegreeOfParallelism = OpenedAtOnce }, async (i, _) =>
            {
                reading[i] = await subscribers[i].OpenAsync(target);
                progress(0.3 * Interlocked.Increment(ref opened) / subscribers.Length);
            });
            await Task.Delay(Settling, TimeProvider.System);
            var pssOpen = target.Gauge.PssKib();

            using var end = new CancellationTokenSource();
            var start = Stopwatch.GetTimestamp();
            var publishing = Array.ConvertAll(publishers, publisher => Task.Run(() => publisher.RunAsync(start, end.Token)));
            await Task.Delay(TimeSpan.FromSeconds(options.WarmUpSeconds), TimeProvider.System);
            board.Measure();
            var before = await SampleAsync(target, board, publishers);
            for (var second = 0; second < options.Seconds; second++)
            {
                await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
                progress(0.3 + (0.6 * (second + 1) / options.Seconds));
            }

            var after = await SampleAsync(target, board, publishers);
            await end.CancelAsync();
            await Task.WhenAll(publishing);
            await DrainAsync(subscribers, publishers, board);
            progress(1);
            return Result(options, target.Name, board, publishers, before, after, subscribers.Length == 0 ? null : (double)(pssOpen - pssBefore) / subscribers.Length);
        }
        finally
        {
            foreach (var publisher in publishers) publisher.Dispose();
            foreach (var subscriber in subscribers) subscriber.Dispose();
        }
    }

    private static async Task<Sample> SampleAsync(Target target, LoadBoard board, Publisher[] publishers) => new(
        Stopwatch.GetTimestamp(), target.Gauge.CpuSeconds(), board.Delivered, publishers.Sum(p => p.Answered), await ServiceMetrics.ReadAllocatedBytesAsync(target));

    /// <summary>Waits until every stream has what was answered for, or no more comes; what is not there then is missing.</summary>
    private static async Task DrainAsync(Subscriber[] subscribers, Publisher[] publishers, LoadBoard board)
    {
        long Missing() => subscribers.Sum(s => publishers.Select((p, i) => Math.Max(0, p.Sent.GetValueOrDefault(s.Room) - s.Received(i))).Sum());

        for (var begun = Stopwatch.GetTimestamp(); Missing() > 0 && Stopwatch.GetElapsedTime(begun) < DrainLimit;) await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        board.CountMissing(Missing());
    }

    private static LoadResult Result(LoadOptions options, string name, LoadBoard board, Publisher[] publishers, Sample before, Sample after, double? kibPerStream)
    {
        var seconds = Stopwatch.GetElapsedTime(before.At, after.At).TotalSeconds;
        var (cpu, delivered, posts) = ((after.CpuSeconds - before.CpuSeconds) * 1e6, after.Delivered - before.Delivered, after.Posts - before.Posts);
        return new()
        {
            Target = name,
            Streams = options.Streams,
            Rooms = options.Rooms,
            PostsPerSecond = posts / seconds,
            DeliveriesPerSecond = delivered / seconds,
            P50Ms = board.Latency.Percentile(0.5),
            P99Ms = board.Latency.Percentile(0.99),
            MaxMs = board.Latency.Percentile(1),
            CpuMicrosecondsPerDelivery = delivered == 0 ? null : cpu / delivered,
            CpuMicrosecondsPerPost = posts == 0 ? null : cpu / posts,
            KibPerStream = kibPerStream,
            AllocatedBytesPerDelivery = delivered == 0 ? null : (after.Allocated - before.Allocated) / delivered,
            Missing = board.Missing,
            Repeats = board.Repeats,
            RefusedPosts = publishers.Sum(p => p.Refused),
            Cut = board.Cut,
        };
    }

    private readonly record struct Sample(long At, double CpuSeconds, long Delivered, long Posts, double? Allocated);
}
