using Notifier.Benchmarks;

return args switch
{
    ["across", .. var options] => await AcrossInstances.RunAsync(options),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine(
        """
        Notifier.Benchmarks: measurements of the service

          across [--redis host:port] [--rate 1000] [--seconds 10]
              From the POST on one instance to the event on another, over a Redis that is running. Starts both instances itself.
        """);
    return 2;
}
