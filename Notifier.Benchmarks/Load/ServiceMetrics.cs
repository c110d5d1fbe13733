using System.Globalization;

namespace Notifier.Benchmarks.Load;

/// <summary>What a server tells of its own runtime in the Prometheus text of <c>/metrics</c>.</summary>
internal static class ServiceMetrics
{
    private const string Allocated = "dotnet_gc_heap_total_allocated";

    /// <summary>Bytes allocated on the managed heap since the start; null where the server does not tell.</summary>
    public static async Task<double?> ReadAllocatedBytesAsync(Target target)
    {
        using var client = new HttpClient { BaseAddress = new($"http://{target.Address}") };
        using var answer = await client.GetAsync(new Uri("/metrics", UriKind.Relative));
        if (!answer.IsSuccessStatusCode) return null;
        var line = (await answer.Content.ReadAsStringAsync()).Split('\n').FirstOrDefault(l => l.StartsWith(Allocated, StringComparison.Ordinal));
        return line is null ? null : double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture);
    }
}
