using System.Net;
using Notifier.Tests.Support;

namespace Notifier.Tests.Faults;

/// <summary>Several instances of the service on one Redis, each a process that can be killed and started again.</summary>
internal sealed class Fleet : IAsyncDisposable
{
    private readonly string _configuration;
    private readonly (string Name, string Value)[] _settings;
    private readonly NotifierProcess?[] _processes;
    private readonly Uri?[] _addresses;

    private Fleet(string configuration, int count, (string Name, string Value)[] settings)
    {
        _configuration = configuration;
        _settings = settings;
        _processes = new NotifierProcess?[count];
        _addresses = new Uri?[count];
    }

    public int Count => _processes.Length;

    public bool IsRunning(int index) => _addresses[index] is not null;

    /// <summary>Starts as many instances, and waits until each is ready where <paramref name="untilReady"/>.</summary>
    public static async Task<Fleet> StartAsync(string configuration, int count, bool untilReady = true, params (string Name, string Value)[] settings)
    {
        var fleet = new Fleet(configuration, count, settings);
        await Task.WhenAll(Enumerable.Range(0, count).Select(i => fleet.StartAsync(i, untilReady)));
        return fleet;
    }

    /// <summary>Starts an instance that does not run, on a port of its own.</summary>
    public async Task StartAsync(int index, bool untilReady = true)
    {
        var process = NotifierProcess.Start(
            "Development",
            [
                ("Redis__Configuration", _configuration), ("Log__MaxEventsPerTopic", "100000"), ("Streams__HeartbeatSeconds", "1"),
                ("Streams__MaxPerUser", "1000"), ("Logging__LogLevel__Default", "Error"), ("Logging__LogLevel__Microsoft.Hosting.Lifetime", "Information"),
                .. _settings,
            ]);
        _processes[index] = process;
        _addresses[index] = await process.ListeningAsync();
        if (untilReady) await ReadyAsync(index);
    }

    /// <summary>Kills an instance without a word.</summary>
    public async Task KillAsync(int index)
    {
        _addresses[index] = null;
        _processes[index]!.Signal("KILL");
        await _processes[index]!.ExitAsync();
        _processes[index]!.Dispose();
        _processes[index] = null;
    }

    /// <summary>Stops an instance as a deployment does, and waits until it has ended.</summary>
    public async Task StopAsync(int index)
    {
        _addresses[index] = null;
        _processes[index]!.Signal("TERM");
        await _processes[index]!.ExitAsync();
        _processes[index]!.Dispose();
        _processes[index] = null;
    }

    /// <summary>An instance that runs, by chance.</summary>
    public Uri Any(Random random)
    {
        var living = _addresses.OfType<Uri>().ToArray();
        return living[random.Next(living.Length)];
    }

    public Uri Address(int index) => _addresses[index]!;

    /// <summary>A client of its own connections to one instance.</summary>
    public HttpClient NewClient(int index) => NewClient(Address(index));

    public static HttpClient NewClient(Uri address) =>
        new(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = address, Timeout = TimeSpan.FromSeconds(15) };

    public async Task<bool> IsReadyAsync(int index)
    {
        using var client = NewClient(index);
        using var answer = await client.GetAsync("/readyz");
        return answer.StatusCode == HttpStatusCode.OK;
    }

    /// <summary>Waits until an instance is ready; where it does not get so, says what it printed.</summary>
    public async Task ReadyAsync(int index)
    {
        try
        {
            await Until.TrueAsync($"instance {index} is ready", () => IsReadyAsync(index));
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message} It printed: {_processes[index]?.Output}", e);
        }
    }

    public Task AllReadyAsync() => Task.WhenAll(Enumerable.Range(0, Count).Select(ReadyAsync));

    public ValueTask DisposeAsync()
    {
        foreach (var process in _processes) process?.Dispose();
        return ValueTask.CompletedTask;
    }
}
