using BenchmarkDotNet.Attributes;
using Notifier.Core.Events;
using Notifier.Core.Log;
using Notifier.Core.Log.Memory;
using Notifier.Core.Settings;
using Notifier.Core.Topics;

namespace Notifier.Benchmarks.Micro;

/// <summary>A delivery without its connection: reading the ring, and waking those who wait.</summary>
[MemoryDiagnoser]
[InProcess]
public class DeliveryBenchmarks : IAsyncDisposable
{
    private const int Events = 1000;

    private readonly MemoryEventLog _log = new(new(), TimeProvider.System);
    private readonly TopicName _topic = TopicName.Room("general");
    private readonly EventDraft _draft = new(EventType.Message, new("ada"), "{}"u8.ToArray());
    private readonly Countdown _countdown = new();
    private Subscriptions _subscriptions = null!;
    private Subscription _reader = null!;
    private Subscription _sleeper = null!;
    private LogPosition _first;

    /// <summary>Subscribers that one event wakes.</summary>
    public const int Subscribers = 1000;

    [GlobalSetup]
    public async Task SetUpAsync()
    {
        _subscriptions = new(_log, new LogOptions(), TimeProvider.System);
        _first = await _log.ReadHeadAsync(_topic, default);
        for (var i = 0; i < Events; i++) await _log.AppendAsync(_topic, _draft, default, default);
        _reader = await _subscriptions.OpenAsync([(_topic, new() { After = _first })], default);
        _sleeper = await _subscriptions.OpenAsync([(TopicName.Room("silent"), StartPoint.Now)], default);
        _ = FollowAsync(_sleeper, null);
        for (var i = 0; i < Subscribers; i++)
        {
            _ = FollowAsync(await _subscriptions.OpenAsync([(TopicName.Room("crowd"), StartPoint.Now)], default), _countdown);
        }
    }

    [GlobalCleanup]
    public async ValueTask DisposeAsync()
    {
        await _subscriptions.DisposeAsync();
        await _log.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <summary>One event out of the ring, 1000 in a row.</summary>
    [Benchmark(OperationsPerInvoke = Events)]
    public int Read()
    {
        foreach (var cursor in _reader.Cursors) (cursor.Position, cursor.Generation) = (_first, 0);
        var read = 0;
        while (_reader.TryRead(out _)) read++;
        return read == Events ? read : throw new InvalidOperationException($"Read {read} events.");
    }

    /// <summary>A waiting reader goes on, finds nothing and waits again.</summary>
    [Benchmark]
    public void WakeUp() => _sleeper.Run();

    /// <summary>An event is stored and read by each of 1000 subscribers; per subscriber, with a thousandth of what storing it takes.</summary>
    [Benchmark(OperationsPerInvoke = Subscribers)]
    public async Task Deliver()
    {
        var all = _countdown.Start(Subscribers);
        await _log.AppendAsync(TopicName.Room("crowd"), _draft, default, default);
        await all;
    }

    private static async Task FollowAsync(Subscription subscription, Countdown? countdown)
    {
        while (true)
        {
            while (subscription.TryRead(out _)) countdown?.Signal();
            await subscription.WaitAsync();
        }
    }

    private sealed class Countdown
    {
        private TaskCompletionSource _done = new();
        private int _left;

        public Task Start(int count)
        {
            _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
            Volatile.Write(ref _left, count);
            return _done.Task;
        }

        public void Signal()
        {
            if (Interlocked.Decrement(ref _left) == 0) _done.SetResult();
        }
    }
}
