using System.Security.Cryptography;
using System.Text;
using Notifier.Core.Events;
using Notifier.Core.Inbox;
using Notifier.Core.Log;
using Notifier.Core.Log.Embedded;
using Notifier.Core.Progress;
using Notifier.Core.Revocation;
using Notifier.Core.Settings;
using Notifier.Core.Topics;
using Notifier.Tests.Support;

namespace Notifier.Tests.Log.Embedded;

/// <summary>What the journal keeps from one process to the next.</summary>
public sealed class JournalTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly ScratchFolder _folder = new();
    private readonly ManualTime _time = new();
    private readonly TopicName _topic = TopicName.Room("general");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_was_stored_is_there_after_a_restart_and_goes_on_where_it_ended()
    {
        LogPosition[] before;
        LoggedEvent[] events;
        await using (var log = Open())
        {
            before = await AppendAsync(log, 20);
            events = [.. (await log.ReadAsync(_topic, LogPosition.Zero, 100, None)).Events];
        }

        await using var again = Open();
        var page = await again.ReadAsync(_topic, LogPosition.Zero, 100, None);
        var after = await AppendAsync(again, 1);

        page.Head.ShouldBe(before[^1]);
        page.Events.Select(e => Encoding.UTF8.GetString(e.Frame.Whole.Span)).ShouldBe(events.Select(e => Encoding.UTF8.GetString(e.Frame.Whole.Span)));
        after[0].ShouldBeGreaterThan(before[^1]);
        (await again.ReadAsync(_topic, before[^1], 10, None)).Events.Single().Predecessor.ShouldBe(before[^1]);
    }

    [Fact]
    public async Task A_clock_that_went_back_over_a_restart_does_not_reorder_the_log()
    {
        LogPosition[] before;
        await using (var log = Open()) before = await AppendAsync(log, 3);

        _time.SetBack(TimeSpan.FromDays(1));
        await using var again = Open();
        var after = await AppendAsync(again, 3);

        LogPosition[] all = [.. before, .. after];
        all.ShouldBe(all.Order());
        all.Distinct().Count().ShouldBe(6);
    }

    [Fact]
    public async Task A_head_that_was_shown_of_a_topic_without_events_holds_after_a_restart()
    {
        LogPosition shown;
        await using (var log = Open()) shown = await log.ReadHeadAsync(_topic, None);

        _time.Advance(TimeSpan.FromHours(1));
        await using var again = Open();
        (await again.ReadHeadAsync(_topic, None)).ShouldBe(shown);
        await AppendAsync(again, 1);

        (await again.ReadAsync(_topic, shown, 10, None)).Events.Single().Predecessor.ShouldBe(shown);
    }

    [Fact]
    public async Task Who_starts_at_zero_misses_nothing_while_the_first_event_is_held_and_is_told_once_it_is_not()
    {
        await using var log = Open(new() { MaxEventsPerTopic = 3 });
        var stored = await AppendAsync(log, 3);
        var whole = (await log.ReadAsync(_topic, LogPosition.Zero, 10, None)).Events;
        await AppendAsync(log, 1);
        var trimmed = (await log.ReadAsync(_topic, LogPosition.Zero, 10, None)).Events;

        Gap.Before(whole[0], LogPosition.Zero).ShouldBeNull();
        Gap.Before(trimmed[0], LogPosition.Zero)!.Reason.ShouldBe(GapReason.Trimmed);
        trimmed[0].Predecessor.ShouldBe(stored[0]);
    }

    [Fact]
    public async Task A_reader_from_before_the_folder_was_emptied_is_told_of_a_reset_whether_it_had_seen_events_or_waited()
    {
        LogPosition waited, seen;
        await using (var log = Open())
        {
            waited = await log.ReadHeadAsync(_topic, None);
            seen = (await AppendAsync(log, 1))[0];
        }

        foreach (var file in _folder.Files()) File.Delete(file);
        _time.Advance(TimeSpan.FromSeconds(2));
        await using var empty = Open();
        var head = await empty.ReadHeadAsync(_topic, None);
        Gap.AtHead(_topic, head, seen)!.Reason.ShouldBe(GapReason.Reset);
        Gap.AtHead(_topic, head, waited)!.Reason.ShouldBe(GapReason.Reset);
        await AppendAsync(empty, 1);

        var first = (await empty.ReadAsync(_topic, head, 1, None)).Events[0];
        Gap.Before(first, seen)!.Reason.ShouldBe(GapReason.Reset);
        Gap.Before(first, waited)!.Reason.ShouldBe(GapReason.Reset);
    }

    [Fact]
    public async Task A_once_key_and_a_claim_answer_after_a_restart_and_are_forgotten_after_a_day()
    {
        var (key, claimed) = (NewKey("body"), NewKey("claim"));
        AppendResult first;
        await using (var log = Open())
        {
            first = await log.AppendAsync(_topic, Drafts.Message("hi", "cmd-1"), new(key), None);
            await log.ClaimAsync(claimed, None);
        }

        _time.Advance(TimeSpan.FromHours(23));
        await using (var log = Open())
        {
            (await log.AppendAsync(_topic, Drafts.Message("hi", "cmd-2"), new(key), None)).ShouldBe(new(AppendOutcome.Replayed, first.Position, "cmd-1"));
            (await log.ClaimAsync(claimed, None)).ShouldBe(ClaimOutcome.Known);
            (await log.ClaimAsync(NewKey("other", claimed), None)).ShouldBe(ClaimOutcome.Claimed);
        }

        _time.Advance(TimeSpan.FromHours(2));
        await using var later = Open();
        (await later.AppendAsync(_topic, Drafts.Message("hi"), new(key), None)).Outcome.ShouldBe(AppendOutcome.Stored);
    }

    [Fact]
    public async Task Completions_read_marks_and_values_are_there_after_a_restart()
    {
        var completion = new LessonCompletion("js", "closures", "bob", new("ada"), null, null);
        var once = NewKey("body");
        CompletionResult first;
        await using (var log = Open())
        {
            first = await new JournalLessonProgress(log).CompleteAsync(completion, once, None);
            (await new JournalReadMarks(log).RaiseAsync("bob", new(5, 1), None)).ShouldBeTrue();
            await new JournalValues(log, _time).PutAsync("refused ada", "1"u8.ToArray(), TimeSpan.FromMinutes(10));
            await new JournalValues(log, _time).PutAsync("refused bob", "2"u8.ToArray());
        }

        _time.Advance(TimeSpan.FromMinutes(5));
        await using var again = Open();
        var progress = new JournalLessonProgress(again);
        var marks = new JournalReadMarks(again);
        var values = new JournalValues(again, _time);

        (await progress.ReadAsync("js", None)).Single().Completed.ShouldBe(["closures"]);
        (await progress.CompleteAsync(completion, once, None)).ShouldBe(first with { IsReplay = true });
        (await progress.CompleteAsync(completion, null, None)).ShouldBe(new(CompletionOutcome.Again, first.Position));
        (await progress.CompleteAsync(completion with { Lesson = "scopes" }, null, None)).Outcome.ShouldBe(CompletionOutcome.First);
        (await again.ReadBackAsync(TopicName.User("bob"), null, 1, None)).Events.Single().Frame.Envelope.ToArray().AsSpan().IndexOf("\"completedLessons\":2"u8).ShouldBeGreaterThan(0);
        (await marks.ReadAsync("bob", None)).ShouldBe(new(5, 1));
        (await marks.RaiseAsync("bob", new(5, 0), None)).ShouldBeFalse();
        values.List("refused ").Select(v => v.Key).ShouldBe(["refused ada", "refused bob"], ignoreOrder: true);
        _time.Advance(TimeSpan.FromMinutes(6));
        values.Find("refused ada").ShouldBeNull();
        values.Find("refused bob").ShouldNotBeNull();
        await values.PutAsync("refused bob", ReadOnlyMemory<byte>.Empty);
        values.Find("refused bob").ShouldBeNull();
    }

    [Fact]
    public async Task A_refusal_holds_over_a_restart_until_it_ends_and_a_later_one_takes_its_place()
    {
        await using (var log = Open()) await new JournalRefusals(log, _time).RefuseAsync("ada", _topic, TimeSpan.FromMinutes(10), None);

        _time.Advance(TimeSpan.FromMinutes(4));
        await using var again = Open();
        var refusals = new JournalRefusals(again, _time);
        (await refusals.FindAsync("ada", [_topic], None)).ShouldBe(TimeSpan.FromMinutes(6));
        (await refusals.FindAsync("ada", [TopicName.All], None)).ShouldBeNull();
        (await refusals.FindAsync("bob", [_topic], None)).ShouldBeNull();

        await refusals.RefuseAsync("ada", _topic, TimeSpan.FromMinutes(1), None);
        (await refusals.FindAsync("ada", [_topic], None)).ShouldBe(TimeSpan.FromMinutes(1));
        await refusals.RefuseAsync("ada", null, TimeSpan.FromMinutes(2), None);
        (await refusals.FindAsync("ada", [TopicName.All], None)).ShouldBe(TimeSpan.FromMinutes(2));
        _time.Advance(TimeSpan.FromMinutes(2));
        (await refusals.FindAsync("ada", [_topic], None)).ShouldBeNull();
    }

    [Fact]
    public async Task The_trace_of_a_command_is_kept_with_its_event_and_stays_out_of_it()
    {
        var traces = new[] { "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", null };
        await using (var log = Open())
        {
            foreach (var trace in traces) await log.AppendAsync(_topic, new("message", Drafts.Message("hi").Body, trace), default, None);
        }

        await using var again = Open();
        var events = (await again.ReadAsync(_topic, LogPosition.Zero, 10, None)).Events;
        events.Select(e => e.TraceParent).ShouldBe(traces);
        events.Select(e => e.Text()).ShouldBe(["hi", "hi"]);
        foreach (var logged in events) Encoding.UTF8.GetString(logged.Frame.Whole.Span).ShouldNotContain("0af7651916cd43dd8448eb211c80319c");
    }

    [Fact]
    public async Task A_journal_from_before_traces_were_kept_is_read_and_gone_on_with()
    {
        // Made by hand from docs/embedded-log.md: a birth id, then two events in one commit.
        const string Segment =
            "TlRGTE9HMQoBAAAAAAAAAAEAAAAAAAAAAAAAAFDZgFT/8U5KKQAAAKwNymkhAAAAjgRVpAIFAGZsb29yAf////////9/AFqq6gEAAAAHAAAAAAAAAP/xTkrOAAAALODInl8AAAAzSsf0AQwAcm9vbT" +
            "pnZW5lcmFsElwf+KEBAAAAAAAAAAAAAABaquoBAAAABwAAAAAAAAACB21lc3NhZ2UiZnJvbSI6eyJpZCI6ImFkYSJ9LCJkYXRhIjp7InRleHQiOiIxIn1fAAAAV6MC6wEMAHJvb206Z2VuZXJhbBJc" +
            "H/ihAQAAAQAAAAAAAAASXB/4oQEAAAAAAAAAAAAAAAdtZXNzYWdlImZyb20iOnsiaWQiOiJhZGEifSwiZGF0YSI6eyJ0ZXh0IjoiMiJ9";
        await File.WriteAllBytesAsync(Path.Combine(_folder.Path, "0000000000000001.log"), Convert.FromBase64String(Segment));

        await using var log = Open();
        await log.AppendAsync(_topic, new("message", Drafts.Message("3").Body, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"), default, None);
        var events = (await log.ReadAsync(_topic, LogPosition.Zero, 10, None)).Events;

        events.Select(e => e.Text()).ShouldBe(["1", "2", "3"]);
        events.Take(2).Select(e => e.Position.ToString()).ShouldBe(["1795164167186-0", "1795164167186-1"]);
        Gap.Before(events[0], LogPosition.Zero).ShouldBeNull();
    }

    [Fact]
    public async Task A_second_one_on_the_same_folder_is_refused_until_the_first_is_closed()
    {
        var first = Open();

        Should.Throw<JournalException>(() => Open()).Message.ShouldContain("in use by another process");
        await first.DisposeAsync();
        await Open().DisposeAsync();
    }

    [Fact]
    public void A_folder_that_cannot_be_made_is_refused_with_its_name()
    {
        var file = Path.Combine(_folder.Path, "file");
        File.WriteAllText(file, "");

        Should.Throw<JournalException>(() => JournalEventLog.Open(new() { Path = Path.Combine(file, "data") }, _time, new RecordingWatch())).Message.ShouldContain(Path.Combine(file, "data"));
    }

    private static OnceKey NewKey(string body) => OnceKey.Of("ada", "/path", Guid.NewGuid().ToString(), SHA256.HashData(Encoding.UTF8.GetBytes(body)));

    private static OnceKey NewKey(string body, OnceKey other) => OnceKey.Of("bob", other.Value, "key", SHA256.HashData(Encoding.UTF8.GetBytes(body)));

    private async Task<LogPosition[]> AppendAsync(JournalEventLog log, int count)
    {
        var positions = new LogPosition[count];
        for (var i = 0; i < count; i++) positions[i] = (await log.AppendAsync(_topic, Drafts.Message($"m{i}"), default, None)).Position;
        return positions;
    }

    private JournalEventLog Open(LogOptions? options = null) => JournalEventLog.Open((options ?? new()) with { Path = _folder.Path }, _time, new RecordingWatch());
}
