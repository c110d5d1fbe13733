using Notifier.Benchmarks;

return args switch
{
    ["across", .. var options] => await AcrossInstances.RunAsync(options),
    ["journal", .. var options] => await JournalAgainstRedis.RunAsync(options),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine(
        """
        Notifier.Benchmarks: measurements of the service

          across [--redis host:port] [--rate 1000] [--seconds 10]
              From the POST on one instance to the event on another, over a Redis that is running. Starts both instances itself.
          journal [--seconds 3] [--events 1000000] [--folder /tmp]
              Acknowledged publishes a second of the embedded log and of a redis-server that syncs each write, and a start with many events.
        """);
    return 2;
}
