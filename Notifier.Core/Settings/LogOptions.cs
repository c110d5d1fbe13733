namespace Notifier.Core.Settings;

/// <summary>Section <c>Log</c>: how much of each topic is kept, and where.</summary>
public sealed record LogOptions
{
    /// <summary>Folder of the embedded log, relative to the working directory. Default <c>data</c>; empty: memory alone.</summary>
    public string Path { get; init; } = "data";

    /// <summary>Newest events of a topic that are kept. Default 1000; 1 to 1e8.</summary>
    [Setting("1", "100000000")]
    public int MaxEventsPerTopic { get; init; } = 1000;

    /// <summary>Age past which an event is dropped. Default 7 days; 1 s to 3650 days.</summary>
    [Setting("00:00:01", "3650.00:00:00")]
    public TimeSpan MaxAge { get; init; } = TimeSpan.FromDays(7);

    /// <summary>Newest events of a followed topic that are held ready for its subscribers. Default 1024; 1 to 1e6.</summary>
    [Setting("1", "1000000")]
    public int TailEvents { get; init; } = 1024;

    /// <summary>Bytes of all tails together; over it a tail keeps fewer events. Default 256 MiB; 64 KiB to 1 TiB.</summary>
    [Setting("64 KiB", "1024 GiB")]
    public long TailBytes { get; init; } = 256L << 20;

    /// <summary>Bytes of one event's envelope; a command that would make a larger one is refused with 413. Default 16384; 256 to 16 MiB.</summary>
    [Setting("256", "16777216")]
    public int MaxEventBytes { get; init; } = 16384;

    /// <summary>Bytes of the embedded log; over it the oldest events of all topics are dropped. Default 1 GiB; 1 MiB to 1024 TiB.</summary>
    [Setting("1 MiB", "1048576 GiB")]
    public long MaxBytes { get; init; } = 1L << 30;
}
