using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using Spectre.Console;

namespace Notifier.Benchmarks.Load;

/// <summary>The load run: each server in turn, a table, a file.</summary>
internal static class LoadCommand
{
    private const int RedirectedWidth = 160;

    private static readonly JsonSerializerOptions JsonOptions = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static async Task<int> RunAsync(string[] args)
    {
        if (LoadOptions.Parse(args) is not { } options)
        {
            await Console.Error.WriteLineAsync(LoadOptions.Usage);
            return 2;
        }

        if (options.IsDryRun)
        {
            await Console.Out.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture,
                $"Would send {options.Rate} events/s for {options.WarmUpSeconds} + {options.Seconds} s over {options.Publishers} connections to {options.Streams} streams in {options.Rooms} rooms, {options.Runs} times each: {string.Join(", ", Targets.Find(options.WithPeers).Select(target => target.Name))}."));
            return 0;
        }

        var results = new List<LoadResult>();
        await AnsiConsole.Progress().Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn()).StartAsync(async bars =>
        {
            // In turns, so that what else happens on the machine happens to all of them.
            for (var run = 1; run <= options.Runs; run++)
            {
                foreach (var (name, start) in Targets.Find(options.WithPeers))
                {
                    var bar = bars.AddTask(string.Create(CultureInfo.InvariantCulture, $"{name} {run}/{options.Runs}"));
                    using var target = await start();
                    results.Add(await LoadRun.RunAsync(options, target, share => bar.Value = 100 * share));
                    bar.Value = 100;
                }
            }
        });

        // A file or a pipe has no width of its own.
        if (Console.IsOutputRedirected) AnsiConsole.Profile.Width = RedirectedWidth;
        AnsiConsole.Write(Table(results));
        if (options.JsonPath is { } path)
        {
            var machine = $"{RuntimeInformation.OSDescription}, {Environment.ProcessorCount} processors, {RuntimeInformation.FrameworkDescription}";
            await File.WriteAllTextAsync(path, JsonSerializer.Serialize(new { machine, options, results }, JsonOptions));
        }

        return results.Where(r => r.Target == "notifier").All(r => r.IsExact) ? 0 : 1;
    }

    private static Table Table(List<LoadResult> results)
    {
        var table = new Table().AddColumns("", "POSTs/s", "deliveries/s", "p50 ms", "p99 ms", "max ms", "CPU µs/delivery", "CPU µs/POST", "KiB/stream", "B allocated/delivery", "exactly once");
        table.Columns.Skip(1).ToList().ForEach(column => column.RightAligned());
        var byTarget = results.GroupBy(r => r.Target, StringComparer.Ordinal).ToList();
        foreach (var runs in byTarget)
        {
            table.AddRow([
                runs.Key, .. Figures(runs),
                runs.All(r => r.IsExact) ? "yes" : string.Create(CultureInfo.InvariantCulture, $"no: {runs.Sum(r => r.Missing)} missing, {runs.Sum(r => r.Repeats)} twice, {runs.Sum(r => r.RefusedPosts)} refused, {runs.Sum(r => r.Cut)} cut"),
            ]);
        }

        foreach (var peer in byTarget.Skip(1)) table.AddRow([$"notifier ÷ {peer.Key}", .. Ratios([.. byTarget[0]], [.. peer]), ""]);
        return table;
    }

    private static readonly Func<LoadResult, double?>[] Columns =
    [
        r => r.PostsPerSecond, r => r.DeliveriesPerSecond, r => r.P50Ms, r => r.P99Ms, r => r.MaxMs,
        r => r.CpuMicrosecondsPerDelivery, r => r.CpuMicrosecondsPerPost, r => r.KibPerStream, r => r.AllocatedBytesPerDelivery,
    ];

    private static IEnumerable<string> Figures(IEnumerable<LoadResult> runs) => Columns.Select(column => Show(Median(runs, column)));

    private static IEnumerable<string> Ratios(List<LoadResult> ours, List<LoadResult> theirs) =>
        Columns.Select(column => Median(theirs, column) is > 0 and { } other ? Show(Median(ours, column) / other) : "-");

    private static double? Median(IEnumerable<LoadResult> runs, Func<LoadResult, double?> column)
    {
        var values = runs.Select(column).Where(value => value is not null).Order().ToList();
        return values.Count == 0 ? null : values[values.Count / 2];
    }

    private static string Show(double? value) => value switch
    {
        null => "-",
        >= 100 => value.Value.ToString("N0", CultureInfo.InvariantCulture),
        _ => value.Value.ToString("0.##", CultureInfo.InvariantCulture),
    };
}
