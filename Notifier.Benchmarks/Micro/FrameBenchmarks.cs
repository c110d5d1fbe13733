using BenchmarkDotNet.Attributes;
using Notifier.Core.Events;
using Notifier.Core.Topics;

namespace Notifier.Benchmarks.Micro;

/// <summary>What encoding an event costs: once per instance, however many subscribe.</summary>
[MemoryDiagnoser]
[InProcess]
public class FrameBenchmarks
{
    private static readonly byte[] Data = [.. "{\"text\":\""u8, .. Enumerable.Repeat((byte)'x', 180), .. "\"}"u8];

    private readonly TopicName _topic = TopicName.Room("general");
    private readonly UserRef _from = new("ada", "Ada");
    private readonly EventDraft _draft = new(EventType.Message, new("ada", "Ada"), Data);

    [Benchmark]
    public EventDraft Draft() => new(EventType.Message, _from, Data);

    [Benchmark]
    public SseFrame Frame() => SseFrame.ForEvent(_topic, new(1795164167186, 0), _draft);
}
