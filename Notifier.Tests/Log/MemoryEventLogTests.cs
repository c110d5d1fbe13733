using Notifier.Core.Events;
using Notifier.Core.Log;
using Notifier.Core.Log.Memory;
using Notifier.Core.Settings;
using Notifier.Tests.Contract;
using Notifier.Tests.Support;

namespace Notifier.Tests.Log;

public sealed class MemoryEventLogTests : EventLogContract
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task Retention_by_age_drops_what_is_older_and_tells_a_reader_behind_it()
    {
        var time = new ManualTime();
        await using var log = new MemoryEventLog(new() { MaxAge = TimeSpan.FromMinutes(1) }, time);
        var topic = NewTopic();
        var old = await AppendAsync(log, topic, 3);
        time.Advance(TimeSpan.FromSeconds(45));
        var young = await AppendAsync(log, topic, 2);

        time.Advance(TimeSpan.FromSeconds(30));
        var page = await log.ReadAsync(topic, old[0], 10, None);

        page.Events.Select(e => e.Position).ShouldBe(young);
        Gap.Before(page.Events[0], old[0])!.Reason.ShouldBe(GapReason.Trimmed);
    }

    [Fact]
    public async Task A_clock_that_goes_back_does_not_reorder_the_log()
    {
        var time = new ManualTime();
        await using var log = new MemoryEventLog(new(), time);
        var topic = NewTopic();
        var before = await AppendAsync(log, topic, 1);

        time.SetBack(TimeSpan.FromHours(1));
        var after = await AppendAsync(log, topic, 2);

        LogPosition[] all = [.. before, .. after];
        all.ShouldBe(all.Order());
        all.Distinct().Count().ShouldBe(3);
    }

    [Fact]
    public async Task Over_its_bytes_the_log_drops_the_oldest_events_of_all_topics()
    {
        await using var log = new MemoryEventLog(new() { MaxBytes = 1 << 20 }, new ManualTime());
        var (quiet, busy) = (NewTopic(), NewTopic());
        await AppendAsync(log, quiet, 1);

        for (var i = 0; i < 2000; i++) await log.AppendAsync(busy, Drafts.Message(new string('x', 1000)), default, None);

        log.HeldBytes.ShouldBeLessThanOrEqualTo((1 << 20) + 2000);
        (await log.ReadAsync(quiet, LogPosition.Zero, 10, None)).Events.ShouldBeEmpty();
        (await log.ReadBackAsync(busy, null, 1, None)).Events.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_topic_that_was_forgotten_never_gives_out_a_position_again()
    {
        var time = new ManualTime();
        await using var log = new MemoryEventLog(new() { MaxAge = TimeSpan.FromMinutes(1) }, time);
        var topic = NewTopic();
        var old = await AppendAsync(log, topic, 3);

        time.Advance(TimeSpan.FromMinutes(5));
        log.HeldTopics.ShouldBe(0);
        log.HeldBytes.ShouldBe(0);
        time.SetBack(TimeSpan.FromHours(1));
        var young = await AppendAsync(log, topic, 1);

        young[0].ShouldBeGreaterThan(old[^1]);
        (await log.ReadAsync(topic, old[^1], 10, None)).Events.Single().Predecessor.ShouldBe(old[^1]);
    }

    [Fact]
    public async Task A_reader_of_a_log_that_was_lost_with_its_process_is_told_of_a_reset()
    {
        var time = new ManualTime();
        var topic = NewTopic();
        LogPosition seen;
        await using (var before = new MemoryEventLog(new(), time)) seen = (await AppendAsync(before, topic, 1))[0];

        time.Advance(TimeSpan.FromSeconds(1));
        await using var after = new MemoryEventLog(new(), time);
        await AppendAsync(after, topic, 1);

        Gap.Before((await after.ReadAsync(topic, seen, 1, None)).Events[0], seen)!.Reason.ShouldBe(GapReason.Reset);
    }

    [Fact]
    public async Task A_once_key_is_forgotten_after_a_day()
    {
        var time = new ManualTime();
        await using var log = new MemoryEventLog(new(), time);
        var (topic, key) = (NewTopic(), NewKey("body"));
        await log.AppendAsync(topic, Drafts.Message("hi"), new(key), None);

        time.Advance(TimeSpan.FromHours(23.9));
        var within = await log.AppendAsync(topic, Drafts.Message("hi"), new(key), None);
        time.Advance(TimeSpan.FromHours(0.2));
        var after = await log.AppendAsync(topic, Drafts.Message("hi"), new(key), None);

        within.Outcome.ShouldBe(AppendOutcome.Replayed);
        after.Outcome.ShouldBe(AppendOutcome.Stored);
    }

    private protected override ValueTask<IEventLog> OpenAsync(LogOptions? options = null) =>
        ValueTask.FromResult<IEventLog>(new MemoryEventLog(options ?? new(), TimeProvider.System));
}
