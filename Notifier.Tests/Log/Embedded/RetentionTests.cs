using Notifier.Core.Events;
using Notifier.Core.Inbox;
using Notifier.Core.Log;
using Notifier.Core.Log.Embedded;
using Notifier.Core.Progress;
using Notifier.Core.Settings;
using Notifier.Core.Topics;
using Notifier.Tests.Support;

namespace Notifier.Tests.Log.Embedded;

/// <summary>That the journal stays within its bounds whatever is published, and what survives that.</summary>
public sealed class RetentionTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly ScratchFolder _folder = new();
    private readonly ManualTime _time = new();
    private readonly RecordingWatch _watch = new();
    private readonly TopicName _busy = TopicName.Room("busy");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Over_its_bytes_it_drops_the_oldest_events_and_what_is_left_is_one_chain()
    {
        var options = new LogOptions { MaxBytes = 1 << 20, MaxEventsPerTopic = 1_000_000 };
        List<LogPosition> stored = [];
        await using (var log = Open(options))
        {
            stored = await PublishAsync(log, 3000);
            _folder.Bytes.ShouldBeLessThanOrEqualTo(options.MaxBytes);
        }

        await using var again = Open(options);
        foreach (var log in new[] { again })
        {
            var held = (await log.ReadAsync(_busy, LogPosition.Zero, 10_000, None)).Events;
            held.Count.ShouldBeInRange(400, 1000);
            held.Select(e => e.Position).ShouldBe(stored[^held.Count..]);
            Gap.Before(held[0], stored[0])!.Reason.ShouldBe(GapReason.Trimmed);
        }

        _watch.Told.ShouldBeEmpty();
    }

    [Fact]
    public async Task Retention_by_count_rewrites_what_is_mostly_dead_and_a_quiet_topic_stays_whole()
    {
        var options = new LogOptions { MaxBytes = 4 << 20, MaxEventsPerTopic = 20 };
        var quiet = TopicName.Room("quiet");
        List<LogPosition> whole = [];
        await using (var log = Open(options))
        {
            for (var i = 0; i < 15; i++)
            {
                whole.Add((await log.AppendAsync(quiet, Drafts.Message($"q{i}"), default, None)).Position);
                await PublishAsync(log, 400);
            }

            log.Keeper.Keep();
            _folder.Bytes.ShouldBeLessThan(1 << 20);
            (await log.ReadAsync(quiet, LogPosition.Zero, 100, None)).Events.Select(e => e.Text()).ShouldBe(Enumerable.Range(0, 15).Select(i => $"q{i}"));
        }

        await using var again = Open(options);
        var page = await again.ReadAsync(quiet, LogPosition.Zero, 100, None);
        page.Events.Select(e => e.Position).ShouldBe(whole);
        page.Events.Skip(1).Select(e => e.Predecessor).ShouldBe(whole.SkipLast(1));
        (await again.ReadAsync(_busy, LogPosition.Zero, 100, None)).Events.Count.ShouldBe(20);
    }

    [Fact]
    public async Task State_and_the_heads_of_topics_survive_the_segments_that_they_were_written_to()
    {
        var options = new LogOptions { MaxBytes = 1 << 20, MaxEventsPerTopic = 1_000_000 };
        var key = OnceKey.Of("ada", "/path", "key", new byte[32]);
        var old = TopicName.Room("old");
        AppendResult first;
        await using (var log = Open(options))
        {
            first = await log.AppendAsync(old, Drafts.Message("old"), new(key), None);
            await new JournalLessonProgress(log).CompleteAsync(new("js", "closures", "bob", new("ada"), null, null), null, None);
            await new JournalReadMarks(log).RaiseAsync("bob", new(7, 7), None);
            await PublishAsync(log, 3000);
            (await log.ReadAsync(old, LogPosition.Zero, 10, None)).Events.ShouldBeEmpty();
        }

        await using var again = Open(options);
        var page = await again.ReadAsync(old, first.Position, 10, None);
        page.Events.ShouldBeEmpty();
        page.Head.ShouldBe(first.Position);
        (await again.AppendAsync(old, Drafts.Message("old"), new(key), None)).ShouldBe(new(AppendOutcome.Replayed, first.Position));
        (await new JournalLessonProgress(again).ReadAsync("js", None)).Single().Completed.ShouldBe(["closures"]);
        (await new JournalReadMarks(again).ReadAsync("bob", None)).ShouldBe(new(7, 7));
    }

    [Fact]
    public async Task Retention_by_age_empties_the_folder_and_positions_go_on_after_it()
    {
        var options = new LogOptions { MaxBytes = 1 << 20, MaxAge = TimeSpan.FromMinutes(1) };
        LogPosition last;
        await using (var log = Open(options))
        {
            last = (await PublishAsync(log, 400))[^1];
            _time.Advance(TimeSpan.FromMinutes(5));
            log.Keeper.Keep();
            _folder.Bytes.ShouldBeLessThan(3 * log.Segments.SegmentBytes);
            (await log.ReadAsync(_busy, LogPosition.Zero, 10, None)).Events.ShouldBeEmpty();
        }

        _time.SetBack(TimeSpan.FromHours(1));
        await using var again = Open(options);
        (await again.ReadHeadAsync(_busy, None)).ShouldBe(last);
        (await PublishAsync(again, 1))[0].ShouldBeGreaterThan(last);
        (await again.ReadAsync(_busy, last, 10, None)).Events.Single().Predecessor.ShouldBe(last);
    }

    [Fact]
    public async Task Topics_past_the_most_that_are_remembered_are_forgotten_and_never_give_out_a_position_again()
    {
        var options = new LogOptions { MaxBytes = 1 << 20, MaxAge = TimeSpan.FromMinutes(1) };
        var topics = Enumerable.Range(0, 1500).Select(i => TopicName.Room($"r{i}")).ToArray();
        var heads = new Dictionary<TopicName, LogPosition>();
        await using (var log = Open(options))
        {
            var stored = await Task.WhenAll(topics.Select(async t => (t, (await log.AppendAsync(t, Drafts.Message("x"), default, None)).Position)));
            foreach (var (topic, position) in stored) heads[topic] = position;
            _time.Advance(TimeSpan.FromMinutes(5));
            log.Keeper.Keep();
            log.HeldTopics.ShouldBe(1024);
        }

        _time.SetBack(TimeSpan.FromHours(1));
        await using var again = Open(options);
        foreach (var topic in topics)
        {
            var next = (await again.AppendAsync(topic, Drafts.Message("y"), default, None)).Position;
            next.ShouldBeGreaterThan(heads[topic]);
        }
    }

    [Fact]
    public async Task A_topic_stands_after_a_restart_where_its_readers_were_shown_it_stands_forgotten_or_not()
    {
        var options = new LogOptions { MaxBytes = 1 << 20, MaxAge = TimeSpan.FromMinutes(1) };
        var topics = Enumerable.Range(0, 1500).Select(i => TopicName.Room($"r{i}")).ToArray();
        var shown = new Dictionary<TopicName, LogPosition>();
        await using (var log = Open(options))
        {
            foreach (var some in topics.Chunk(100))
            {
                await Task.WhenAll(some.Select(t => log.AppendAsync(t, Drafts.Message("x"), default, None).AsTask()));
                _time.Advance(TimeSpan.FromMilliseconds(1));
            }

            _time.Advance(TimeSpan.FromMinutes(5));
            log.Keeper.Keep();
            log.HeldTopics.ShouldBe(1024);
            foreach (var topic in topics) shown[topic] = await log.ReadHeadAsync(topic, None);
        }

        await using var again = Open(options);
        foreach (var topic in topics)
        {
            (await again.ReadHeadAsync(topic, None)).ShouldBe(shown[topic]);
            await again.AppendAsync(topic, Drafts.Message("y"), default, None);
            Gap.Before((await again.ReadAsync(topic, shown[topic], 1, None)).Events[0], shown[topic]).ShouldBeNull();
        }
    }

    [Fact]
    public async Task A_position_is_not_given_out_again_where_older_records_of_a_forgotten_topic_outlive_its_newest()
    {
        var options = new LogOptions { MaxBytes = 1 << 20, MaxAge = TimeSpan.FromMinutes(1) };
        var topic = TopicName.Room("forgotten");
        LogPosition first, last;
        DateTimeOffset then;
        await using (var log = Open(options))
        {
            // A segment whose state keeps it from being rewritten holds the first of two events; the last lies in one that is mostly dead later.
            var values = new JournalValues(log, _time);
            await values.PutAsync("a", new byte[60_000]);
            first = (await log.AppendAsync(topic, Drafts.Message("first"), default, None)).Position;
            await values.PutAsync("b", new byte[30_000]);
            _time.Advance(TimeSpan.FromSeconds(1));
            then = _time.GetUtcNow();
            last = (await log.AppendAsync(topic, Drafts.Message("last"), default, None)).Position;
            await PublishAsync(log, 20);
            foreach (var room in Enumerable.Range(0, 1500))
            {
                if (room % 100 == 0) _time.Advance(TimeSpan.FromMilliseconds(1));
                await log.AppendAsync(TopicName.Room($"r{room}"), Drafts.Message("x"), default, None);
            }

            _time.Advance(TimeSpan.FromMinutes(5));
            log.Keeper.Keep();
            await values.PutAsync("b", new byte[30_000]);
            log.Keeper.Keep();
        }

        _time.SetBack(_time.GetUtcNow() - then);
        await using var again = Open(options);
        (await again.ReadAsync(topic, LogPosition.Zero, 10, None)).Events.Select(e => e.Position).ShouldBe([first], "the records of this test lie as it means them to");
        (await again.AppendAsync(topic, Drafts.Message("next"), default, None)).Position.ShouldBeGreaterThan(last);
    }

    [Fact]
    public async Task A_segment_that_spoils_while_the_log_is_open_is_told_once_kept_as_it_is_and_does_not_end_retention()
    {
        var options = new LogOptions { MaxBytes = 1 << 20, MaxEventsPerTopic = 1_000_000, Path = _folder.Path };
        var quiet = TopicName.Room("quiet");

        // By the real clock a write that waits for room in vain fails.
        await using var log = JournalEventLog.Open(options, TimeProvider.System, _watch);
        await log.AppendAsync(quiet, Drafts.Message("q"), default, None);
        await PublishAsync(log, 200);
        using (var file = File.Open(_folder.Files("*.log")[0], FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
        {
            file.Seek(32_000, SeekOrigin.Begin);
            file.Write(new byte[100]);
        }

        var stored = await PublishAsync(log, 3000);

        log.Keeper.Keep();
        _folder.Bytes.ShouldBeLessThanOrEqualTo(options.MaxBytes);
        _watch.Told.ShouldHaveSingleItem().ShouldStartWith("damage 0000000000000001.log ");
        (await log.ReadAsync(quiet, LogPosition.Zero, 10, None)).Events.Single().Text().ShouldBe("q");
        var held = (await log.ReadAsync(_busy, LogPosition.Zero, 10_000, None)).Events;
        held.Count.ShouldBeInRange(400, 1000);
        held.Select(e => e.Position).ShouldBe(stored[^held.Count..]);
    }

    [Fact]
    public async Task Segments_of_state_alone_are_not_written_anew_for_each_one_that_is_dropped()
    {
        var options = new LogOptions { MaxBytes = 1 << 20, MaxEventsPerTopic = 1_000_000, Path = _folder.Path };
        var disk = new FailingDisk();
        await using var log = JournalEventLog.Open(options, _time, _watch, disk);
        var values = new JournalValues(log, _time);
        for (var i = 0; i < 300; i++) await values.PutAsync($"value {i}", new byte[1000]);
        await PublishAsync(log, 3000);

        log.Keeper.Keep();
        _folder.Bytes.ShouldBeLessThanOrEqualTo(options.MaxBytes);
        disk.RewrittenBytes.ShouldBeLessThan(200_000);
        values.List("value ").Count.ShouldBe(300);

        // What is mostly dead by now is given back all the same.
        for (var i = 0; i < 300; i++) await values.PutAsync($"value {i}", new byte[1000]);
        await PublishAsync(log, 3000);
        log.Keeper.Keep();
        _folder.Bytes.ShouldBeLessThanOrEqualTo(options.MaxBytes);
        (await log.ReadAsync(_busy, LogPosition.Zero, 10_000, None)).Events.Count.ShouldBeGreaterThan(100);
    }

    [Fact]
    public async Task Readers_of_segments_that_are_rewritten_under_them_read_what_was_there_or_a_gap()
    {
        var options = new LogOptions { MaxBytes = 1 << 20, MaxEventsPerTopic = 50 };
        await using var log = Open(options);
        var publishing = Task.Run(() => PublishAsync(log, 4000));
        var reader = LogPosition.Zero;
        var gaps = 0;
        while (true)
        {
            var isLast = publishing.IsCompleted;
            var page = await log.ReadAsync(_busy, reader, 10, None);
            foreach (var logged in page.Events)
            {
                if (Gap.Before(logged, reader) is not null) gaps++;
                logged.Position.ShouldBeGreaterThan(reader);
                reader = logged.Position;
            }

            if (isLast && page.Events.Count == 0) break;
        }

        reader.ShouldBe((await publishing)[^1]);
        _watch.Told.ShouldBeEmpty();
    }

    private JournalEventLog Open(LogOptions options) => JournalEventLog.Open(options with { Path = _folder.Path }, _time, _watch);

    private async Task<List<LogPosition>> PublishAsync(JournalEventLog log, int count)
    {
        var stored = new List<LogPosition>(count);
        for (var i = 0; i < count; i++) stored.Add((await log.AppendAsync(_busy, Drafts.Message(new string('x', 1000)), default, None)).Position);
        return stored;
    }
}
