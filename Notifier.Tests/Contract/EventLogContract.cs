using System.Security.Cryptography;
using System.Text;
using Notifier.Core.Events;
using Notifier.Core.Log;
using Notifier.Core.Settings;
using Notifier.Core.Topics;
using Notifier.Tests.Support;

namespace Notifier.Tests.Contract;

/// <summary>What every <see cref="IEventLog"/> promises. Each implementation derives a class that opens one.</summary>
public abstract class EventLogContract
{
    private static readonly CancellationToken None = CancellationToken.None;

    /// <summary>How many events over the limit a log may keep, since some drop them in whole blocks.</summary>
    protected virtual int TrimSlack => 0;

    [SkippableFact]
    public async Task Positions_grow_and_each_event_names_the_one_before_it()
    {
        await using var log = await OpenAsync();
        var topic = NewTopic();

        var stored = await AppendAsync(log, topic, 20);

        var page = await log.ReadAsync(topic, LogPosition.Zero, 100, None);
        page.Events.Select(e => e.Position).ShouldBe(stored);
        page.Events.Skip(1).Select(e => e.Predecessor).ShouldBe(stored.SkipLast(1));
        page.Head.ShouldBe(stored[^1]);
        stored.ShouldBeInOrder();
        stored.Distinct().Count().ShouldBe(20);
    }

    [SkippableFact]
    public async Task The_first_event_names_the_head_that_was_shown_before_it()
    {
        await using var log = await OpenAsync();
        var topic = NewTopic();

        var shown = await log.ReadHeadAsync(topic, None);
        await AppendAsync(log, topic, 1);

        (await log.ReadAsync(topic, shown, 10, None)).Events.Single().Predecessor.ShouldBe(shown);
    }

    [SkippableFact]
    public async Task The_head_of_a_topic_without_events_stays_where_it_is()
    {
        await using var log = await OpenAsync();
        var topic = NewTopic();

        var first = await log.ReadHeadAsync(topic, None);

        (await log.ReadHeadAsync(topic, None)).ShouldBe(first);
        (await log.ReadAsync(topic, first, 10, None)).Head.ShouldBe(first);
        (await log.ReadBackAsync(topic, null, 10, None)).Head.ShouldBe(first);
    }

    [SkippableFact]
    public async Task A_page_holds_what_lies_after_a_position_and_no_more_than_was_asked_for()
    {
        await using var log = await OpenAsync();
        var topic = NewTopic();
        var stored = await AppendAsync(log, topic, 10);

        var page = await log.ReadAsync(topic, stored[2], 4, None);

        page.Events.Select(e => e.Position).ShouldBe(stored[3..7]);
        page.Head.ShouldBe(stored[9]);
        (await log.ReadAsync(topic, stored[9], 4, None)).Events.ShouldBeEmpty();
        (await log.ReadAsync(topic, stored[4] with { Sequence = stored[4].Sequence + 1_000_000 }, 1, None)).Events.Count.ShouldBeLessThanOrEqualTo(1);
    }

    [SkippableFact]
    public async Task Reading_back_gives_the_newest_before_a_position_oldest_first()
    {
        await using var log = await OpenAsync();
        var topic = NewTopic();
        var stored = await AppendAsync(log, topic, 10);

        (await log.ReadBackAsync(topic, null, 3, None)).Events.Select(e => e.Position).ShouldBe(stored[7..]);
        (await log.ReadBackAsync(topic, stored[5], 3, None)).Events.Select(e => e.Position).ShouldBe(stored[2..5]);
        (await log.ReadBackAsync(topic, stored[1], 3, None)).Events.Select(e => e.Position).ShouldBe(stored[..1]);
        (await log.ReadBackAsync(topic, stored[0], 3, None)).Events.ShouldBeEmpty();
        (await log.ReadBackAsync(topic, stored[9] with { Sequence = stored[9].Sequence + 1 }, 1, None)).Events.Single().Position.ShouldBe(stored[9]);
    }

    [SkippableFact]
    public async Task What_is_read_is_what_was_stored()
    {
        await using var log = await OpenAsync();
        var topic = NewTopic();
        var draft = new EventDraft("doc:update", new("ada", "Ada ✓"), Encoding.UTF8.GetBytes("""{"t":"a\nb 😀"}"""), new("bot"), "c-1", "cmd");

        var result = await log.AppendAsync(topic, draft, default, None);

        var logged = (await log.ReadAsync(topic, LogPosition.Zero, 10, None)).Events.Single();
        logged.Topic.ShouldBe(topic);
        logged.Type.ShouldBe("doc:update");
        logged.IsBreak.ShouldBeFalse();
        Encoding.UTF8.GetString(logged.Frame.Envelope.Span).ShouldBe(
            $$$"""{"id":"{{{result.Position}}}","topic":"{{{topic}}}","type":"doc:update","at":"{{{result.Position.At.UtcDateTime:yyyy-MM-ddTHH:mm:ss.fffZ}}}","from":{"id":"ada","name":"Ada ✓"},"via":{"id":"bot"},"clientMessageId":"c-1","commandId":"cmd","data":{"t":"a\nb 😀"}}""");
    }

    [SkippableFact]
    public async Task Retention_by_count_drops_the_oldest_and_keeps_the_chain()
    {
        await using var log = await OpenAsync(new() { MaxEventsPerTopic = 10, Path = "" });
        var topic = NewTopic();

        var stored = await AppendAsync(log, topic, 400);

        var page = await log.ReadAsync(topic, LogPosition.Zero, 1000, None);
        page.Events.Count.ShouldBeInRange(10, 10 + TrimSlack);
        page.Events.Select(e => e.Position).ShouldBe(stored[^page.Events.Count..]);
        page.Events[0].Predecessor.ShouldBe(stored[^(page.Events.Count + 1)]);
        Gap.Before(page.Events[0], stored[0]).ShouldBe(
            new Gap(topic, stored[0], page.Events[0].Position, page.Events[0].Predecessor, GapReason.Trimmed));
    }

    [SkippableFact]
    public async Task Topics_do_not_see_each_other()
    {
        await using var log = await OpenAsync();
        var (one, other) = (NewTopic(), NewTopic());
        await log.AppendAsync(one, Drafts.Message("one"), default, None);
        await log.AppendAsync(other, Drafts.Message("other"), default, None);

        (await log.ReadAsync(one, LogPosition.Zero, 10, None)).Events.Single().Text().ShouldBe("one");
        (await log.ReadAsync(other, LogPosition.Zero, 10, None)).Events.Single().Text().ShouldBe("other");
    }

    [SkippableFact]
    public async Task An_append_with_a_known_once_key_stores_nothing_and_answers_as_the_first()
    {
        await using var log = await OpenAsync();
        var topic = NewTopic();
        var key = NewKey("body");

        var first = await log.AppendAsync(topic, Drafts.Message("hi", "cmd-1"), new(key), None);
        var again = await log.AppendAsync(topic, Drafts.Message("hi", "cmd-2"), new(key), None);

        first.Outcome.ShouldBe(AppendOutcome.Stored);
        again.ShouldBe(new AppendResult(AppendOutcome.Replayed, first.Position, "cmd-1"));
        (await log.ReadAsync(topic, LogPosition.Zero, 10, None)).Events.Count.ShouldBe(1);
    }

    [SkippableFact]
    public async Task A_once_key_with_another_body_is_refused()
    {
        await using var log = await OpenAsync();
        var topic = NewTopic();
        var name = Guid.NewGuid().ToString();

        await log.AppendAsync(topic, Drafts.Message("hi"), new(NewKey("body", name)), None);
        var other = await log.AppendAsync(topic, Drafts.Message("ho"), new(NewKey("other body", name)), None);

        other.Outcome.ShouldBe(AppendOutcome.KeyTaken);
        (await log.ReadAsync(topic, LogPosition.Zero, 10, None)).Events.Count.ShouldBe(1);
    }

    [SkippableFact]
    public async Task Twins_with_one_once_key_store_one_event()
    {
        await using var log = await OpenAsync();
        var topic = NewTopic();
        var key = NewKey("body");

        var results = await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => Task.Run(async () => await log.AppendAsync(topic, Drafts.Message("hi"), new(key), None))));

        results.Count(r => r.Outcome == AppendOutcome.Stored).ShouldBe(1);
        results.Count(r => r.Outcome == AppendOutcome.Replayed).ShouldBe(31);
        results.Select(r => r.Position).Distinct().Count().ShouldBe(1);
    }

    [SkippableFact]
    public async Task A_claimed_key_belongs_to_its_first_body()
    {
        await using var log = await OpenAsync();
        var name = Guid.NewGuid().ToString();

        (await log.ClaimAsync(NewKey("body", name), None)).ShouldBe(ClaimOutcome.Claimed);
        (await log.ClaimAsync(NewKey("body", name), None)).ShouldBe(ClaimOutcome.Known);
        (await log.ClaimAsync(NewKey("other body", name), None)).ShouldBe(ClaimOutcome.Taken);
    }

    [SkippableFact]
    public async Task A_conditional_append_stores_only_after_the_newest_event()
    {
        await using var log = await OpenAsync();
        var topic = NewTopic();

        var first = await log.AppendAsync(topic, Drafts.Message("1"), new(IfHead: LogPosition.Zero), None);
        var second = await log.AppendAsync(topic, Drafts.Message("2"), new(IfHead: first.Position), None);
        var stale = await log.AppendAsync(topic, Drafts.Message("3"), new(IfHead: first.Position), None);
        var empty = await log.AppendAsync(topic, Drafts.Message("4"), new(IfHead: LogPosition.Zero), None);

        first.Outcome.ShouldBe(AppendOutcome.Stored);
        second.Outcome.ShouldBe(AppendOutcome.Stored);
        stale.ShouldBe(new AppendResult(AppendOutcome.HeadMoved, second.Position));
        empty.ShouldBe(new AppendResult(AppendOutcome.HeadMoved, second.Position));
        (await log.ReadAsync(topic, LogPosition.Zero, 10, None)).Events.Count.ShouldBe(2);
    }

    [SkippableFact]
    public async Task A_refused_conditional_append_does_not_use_up_its_once_key()
    {
        await using var log = await OpenAsync();
        var topic = NewTopic();
        var head = (await AppendAsync(log, topic, 1))[0];
        var key = NewKey("body");

        var refused = await log.AppendAsync(topic, Drafts.Message("x"), new(key, LogPosition.Zero), None);
        var stored = await log.AppendAsync(topic, Drafts.Message("x"), new(key, head), None);

        refused.Outcome.ShouldBe(AppendOutcome.HeadMoved);
        stored.Outcome.ShouldBe(AppendOutcome.Stored);
    }

    [SkippableFact]
    public async Task A_follower_is_told_every_event_after_the_head_it_started_with_once_and_in_order()
    {
        await using var log = await OpenAsync();
        var topic = NewTopic();
        var before = await AppendAsync(log, topic, 3);
        var follower = new RecordingFollower();

        await using var following = await log.FollowAsync(topic, follower, None);
        var after = await AppendAsync(log, topic, 50);
        var told = await follower.TakeAsync(50);

        follower.Started.ShouldBe(before[^1]);
        told.Select(e => e.Position).ShouldBe(after);
        told[0].Predecessor.ShouldBe(before[^1]);
        told.Skip(1).Select(e => e.Predecessor).ShouldBe(after.SkipLast(1));
    }

    [SkippableFact]
    public async Task A_follower_that_starts_among_appends_misses_none_and_sees_none_twice()
    {
        await using var log = await OpenAsync();
        var topic = NewTopic();
        var appending = Task.Run(() => AppendAsync(log, topic, 300));
        var follower = new RecordingFollower();

        await using var following = await log.FollowAsync(topic, follower, None);
        var all = await appending;
        var missed = all.Count(position => position <= follower.Started);
        var told = await follower.TakeAsync(300 - missed);

        told.Select(e => e.Position).ShouldBe(all[missed..]);
        follower.HasMore.ShouldBeFalse();
    }

    [SkippableFact]
    public async Task Appends_from_many_writers_make_one_chain()
    {
        await using var log = await OpenAsync();
        var topic = NewTopic();

        var results = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => AppendAsync(log, topic, 50))));

        var page = await log.ReadAsync(topic, LogPosition.Zero, 1000, None);
        page.Events.Select(e => e.Position).ShouldBe(results.SelectMany(r => r).Order());
        page.Events.Skip(1).Zip(page.Events).ShouldAllBe(pair => pair.First.Predecessor == pair.Second.Position);
        results.ShouldAllBe(r => r.SequenceEqual(r.Order()));
    }

    [SkippableFact]
    public async Task A_signal_reaches_who_follows_and_is_not_stored()
    {
        await using var log = await OpenAsync();
        var topic = NewTopic();
        var follower = new RecordingFollower();
        await using var following = await log.FollowAsync(topic, follower, None);
        var signal = new EphemeralEvent("wave", SseFrame.ForEphemeral(topic, DateTimeOffset.UnixEpoch, Drafts.Message("hi")));

        await log.SignalAsync(topic, signal, None);
        var heard = await follower.TakeSignalAsync();

        heard.Type.ShouldBe("wave");
        heard.Frame.Whole.ToArray().ShouldBe(signal.Frame.Whole.ToArray());
        (await log.ReadAsync(topic, LogPosition.Zero, 10, None)).Events.ShouldBeEmpty();
    }

    [SkippableFact]
    public async Task A_follower_that_has_ended_is_told_nothing()
    {
        await using var log = await OpenAsync();
        var topic = NewTopic();
        var (ended, living) = (new RecordingFollower(), new RecordingFollower());
        var following = await log.FollowAsync(topic, ended, None);
        await using var other = await log.FollowAsync(topic, living, None);

        await following.DisposeAsync();
        await AppendAsync(log, topic, 1);
        await living.TakeAsync(1);

        ended.HasMore.ShouldBeFalse();
    }

    [SkippableFact]
    public async Task The_newest_that_count_are_found_through_those_that_do_not()
    {
        await using var log = await OpenAsync(new() { MaxEventsPerTopic = 5000, Path = "" });
        var topic = NewTopic();
        var rare = new List<LogPosition>();
        for (var i = 0; i < 600; i++)
        {
            var type = i % 200 == 0 ? "rare" : "common";
            var stored = await log.AppendAsync(topic, new(type, new("ada"), "1"u8.ToArray()), default, None);
            if (type == "rare") rare.Add(stored.Position);
        }

        var position = await log.FindLastAsync(topic, 2, e => e.Type == "rare", None);
        var all = await log.FindLastAsync(topic, 10, e => e.Type == "rare", None);
        var none = await log.FindLastAsync(topic, 10, e => e.Type == "absent", None);

        (await log.ReadAsync(topic, position, 1, None)).Events.Single().Position.ShouldBe(rare[1]);
        (await log.ReadAsync(topic, all, 1, None)).Events.Single().Position.ShouldBe(rare[0]);
        none.ShouldBe(await log.ReadHeadAsync(topic, None));
    }

    protected static TopicName NewTopic() => TopicName.Room(Fresh.Room());

    protected static OnceKey NewKey(string body, string? name = null) =>
        OnceKey.Of("ada", "/path", name ?? Guid.NewGuid().ToString(), SHA256.HashData(Encoding.UTF8.GetBytes(body)));

    protected static async Task<LogPosition[]> AppendAsync(IEventLog log, TopicName topic, int count)
    {
        var positions = new LogPosition[count];
        for (var i = 0; i < count; i++) positions[i] = (await log.AppendAsync(topic, Drafts.Message($"m{i}"), default, None)).Position;
        return positions;
    }

    private protected abstract ValueTask<IEventLog> OpenAsync(LogOptions? options = null);
}
