using System.Diagnostics;

namespace Notifier.Benchmarks;

/// <summary>An instance of the service as a process of its own, on a free port.</summary>
internal sealed class ServiceProcess : IDisposable
{
    private readonly Process _process;

    private ServiceProcess(Process process, Uri address)
    {
        _process = process;
        Address = address;
    }

    public Uri Address { get; }

    public static async Task<ServiceProcess> StartAsync(string redis)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "Notifier.Api.dll"), "--urls", "http://127.0.0.1:0"])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
        };
        start.Environment["ASPNETCORE_ENVIRONMENT"] = "Development";
        start.Environment["Redis__Configuration"] = redis;

        // One publisher stands for many.
        start.Environment["Commands__PublisherPermitsPerMinute"] = "1000000000";
        var process = Process.Start(start) ?? throw new InvalidOperationException("The service could not be started.");
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            var at = line.IndexOf("http://", StringComparison.Ordinal);
            if (at < 0) continue;
            var service = new ServiceProcess(process, new(line[at..]));
            await service.ReadyAsync();
            return service;
        }

        throw new InvalidOperationException("The service ended before it listened.");
    }

    public void Dispose()
    {
        _process.Kill();
        _process.Dispose();
    }

    private async Task ReadyAsync()
    {
        using var client = new HttpClient { BaseAddress = Address };
        while (!(await client.GetAsync(new Uri("/readyz", UriKind.Relative))).IsSuccessStatusCode) await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
    }
}
