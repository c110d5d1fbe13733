namespace Notifier.Benchmarks.Load;

/// <summary>What one run measured.</summary>
internal sealed record LoadResult
{
    public required string Target { get; init; }

    public required int Streams { get; init; }

    public required int Rooms { get; init; }

    public required double PostsPerSecond { get; init; }

    public required double DeliveriesPerSecond { get; init; }

    /// <summary>From when an event was due to when a stream had it.</summary>
    public required double P50Ms { get; init; }

    public required double P99Ms { get; init; }

    public required double MaxMs { get; init; }

    /// <summary>Processor time of the server, its POSTs included; null where nothing was delivered.</summary>
    public required double? CpuMicrosecondsPerDelivery { get; init; }

    public required double? CpuMicrosecondsPerPost { get; init; }

    /// <summary>What the process grew by when the streams were opened; null where there are none.</summary>
    public required double? KibPerStream { get; init; }

    /// <summary>Managed memory that the service allocated in the measured time, its POSTs included; null where its <c>/metrics</c> does not tell.</summary>
    public required double? AllocatedBytesPerDelivery { get; init; }

    public required long Missing { get; init; }

    public required long Repeats { get; init; }

    public required long RefusedPosts { get; init; }

    /// <summary>Streams that the server ended.</summary>
    public required long Cut { get; init; }

    /// <summary>True where every event came to every stream of its room exactly once.</summary>
    public bool IsExact => Missing == 0 && Repeats == 0 && RefusedPosts == 0 && Cut == 0;
}
