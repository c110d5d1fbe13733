using Notifier.Core.Log;
using Notifier.Core.Log.Memory;
using Notifier.Core.Topics;
using Notifier.Tests.Faults;
using Notifier.Tests.Support;

namespace Notifier.Tests.Log;

public sealed class FanOutTests : IAsyncDisposable
{
    private const int Readers = 200;

    private static readonly TopicName General = TopicName.Room("general");
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    private readonly MemoryEventLog _log = new(new(), TimeProvider.System);
    private readonly Subscriptions _subscriptions;

    public FanOutTests() => _subscriptions = new(_log, new(), TimeProvider.System);

    public async ValueTask DisposeAsync()
    {
        await _subscriptions.DisposeAsync();
        await _log.DisposeAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(Readers - 1)]
    public async Task Everybody_who_stays_is_woken_whoever_leaves_during_the_round(int breaker)
    {
        var readers = await OpenAsync();
        var woken = readers.Select(_ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).ToArray();
        var leavers = Enumerable.Range(0, Readers).Where(i => i % 7 == 3 && i != breaker).ToHashSet();
        for (var i = 0; i < Readers; i++)
        {
            var index = i;
            _ = FollowAsync(readers[i], () =>
            {
                if (index == breaker)
                {
                    foreach (var leaver in leavers) readers[leaver].Dispose();
                }

                woken[index].TrySetResult();
            });
        }

        await _log.AppendAsync(General, Drafts.Message("to all"), default, default);

        await Task.WhenAll(Enumerable.Range(0, Readers).Where(i => !leavers.Contains(i)).Select(i => woken[i].Task)).WaitAsync(Deadline);
    }

    [Fact]
    public async Task Everybody_hears_the_last_event_of_many_that_come_during_rounds()
    {
        const int Events = 500;
        var readers = await OpenAsync();
        var heard = readers.Select(_ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).ToArray();
        for (var i = 0; i < Readers; i++)
        {
            var (index, count) = (i, 0);
            _ = FollowAsync(readers[i], () =>
            {
                if (++count == Events) heard[index].TrySetResult();
            });
        }

        await Parallel.ForEachAsync(Enumerable.Range(0, Events), async (i, _) => await _log.AppendAsync(General, Drafts.Message($"{i}"), default, default));

        await Task.WhenAll(heard.Select(h => h.Task)).WaitAsync(Deadline);
    }

    [Fact]
    public async Task A_delivery_allocates_nothing()
    {
        const int Events = 900;
        var start = await _log.ReadHeadAsync(General, default);
        for (var i = 0; i < Events; i++) await _log.AppendAsync(General, Drafts.Message($"{i}"), default, default);
        using var subscription = await _subscriptions.OpenAsync([(General, new() { After = start })], default);
        using var sleeper = await _subscriptions.OpenAsync([(TopicName.Room("silent"), StartPoint.Now)], default);
        var rounds = 0;

        // Away from the test runner's own context, to which the reader would go back after each wait.
        await Task.Run(() =>
        {
            _ = FollowAsync(sleeper, () => { }, () => rounds++);
        });
        ReadAndWake(10);

        var roundsBefore = rounds;
        var before = GC.GetAllocatedBytesForCurrentThread();
        ReadAndWake(Events - 10);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        // The sleeper went on within each call, so that it has is known without waiting; the round of its topic's opening may come in between.
        (rounds - roundsBefore).ShouldBeInRange(Events - 11, Events - 9);
        subscription.TryRead(out _).ShouldBeFalse();
        allocated.ShouldBe(0);

        void ReadAndWake(int count)
        {
            for (var i = 0; i < count; i++)
            {
                if (!subscription.TryRead(out _)) throw new InvalidOperationException("There is nothing to read.");
                sleeper.Run();
            }
        }
    }

    [Theory]
    [InlineData(64, true)]
    [InlineData(65, false)]
    public async Task A_round_that_a_thread_of_connections_begins_runs_there_when_that_has_done_with_its_work_unless_it_is_large(int count, bool isLocal)
    {
        var readers = await OpenAsync(count);
        var threads = new System.Collections.Concurrent.ConcurrentBag<int>();
        foreach (var reader in readers) _ = FollowAsync(reader, () => threads.Add(Environment.CurrentManagedThreadId));
        var (own, woken) = (0, 0);

        // The round that their opening began on the pool would take in the next one.
        await _log.AppendAsync(General, Drafts.Message("first"), default, default);
        await Until.TrueAsync("all have heard the first", () => threads.Count == count);
        threads.Clear();

        var thread = new Thread(() =>
        {
            own = Environment.CurrentManagedThreadId;
            var rounds = LocalRounds.OfThisThread = new();
            _log.AppendAsync(General, Drafts.Message("to all"), default, default).AsTask().IsCompletedSuccessfully.ShouldBeTrue();
            woken = isLocal ? threads.Count : 0;
            while (!rounds.IsEmpty) rounds.Run();
        });
        thread.Start();
        await Until.TrueAsync("all have heard it", () => threads.Count == count);

        woken.ShouldBe(0);
        threads.All(heard => heard == own).ShouldBe(isLocal);
    }

    private async Task<Subscription[]> OpenAsync(int count = Readers)
    {
        var readers = new Subscription[count];
        for (var i = 0; i < count; i++) readers[i] = await _subscriptions.OpenAsync([(General, StartPoint.Now)], default);
        return readers;
    }

    private static async Task FollowAsync(Subscription subscription, Action read, Action? looked = null)
    {
        while (true)
        {
            while (subscription.TryRead(out _)) read();
            looked?.Invoke();
            await subscription.WaitAsync();
        }
    }
}
