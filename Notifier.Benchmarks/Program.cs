using BenchmarkDotNet.ConsoleArguments;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using Notifier.Benchmarks;
using Notifier.Benchmarks.Load;

return args switch
{
    ["across", .. var rest] when AcrossInstances.Parse(rest) is { } options => await AcrossInstances.RunAsync(options),
    ["journal", .. var rest] when JournalAgainstRedis.Parse(rest) is { } options => await JournalAgainstRedis.RunAsync(options),
    ["load", .. var options] => await LoadCommand.RunAsync(options),
    ["micro", .. var options] => Micro(options),
    ["naive-hub", .. var options] => await NaiveHub.RunAsync(options),
    _ => Usage(),
};

static int Micro(string[] args)
{
    string[] options = [.. args.Where(option => option != NamedOptions.DryRun)];
    if (options.Length == 0) options = ["--filter", "*"];
    if (!ConfigParser.Parse(options, ConsoleLogger.Default).isSuccess) return 2;
    BenchmarkSwitcher.FromAssembly(typeof(LoadCommand).Assembly).Run(args.Contains(NamedOptions.DryRun) ? [.. options, "--list", "flat"] : options);
    return 0;
}

static int Usage()
{
    Console.Error.WriteLine(
        """
        Notifier.Benchmarks: measurements of the service. With --dry-run each says what it would do, and does nothing.

          across [--redis host:port] [--rate 1000] [--seconds 10]
              From the POST on one instance to the event on another, over a Redis that is running. Starts both instances itself.
          journal [--seconds 3] [--events 1000000] [--folder /tmp]
              Acknowledged publishes a second of the embedded log and of a redis-server that syncs each write, and a start with many events.
          micro [BenchmarkDotNet's options]
              The frame, a read of the ring, a wake-up, a delivery without its connection.
        """);
    Console.Error.WriteLine(LoadOptions.Usage);
    return 2;
}
