using Notifier.Core.Events;
using Notifier.Core.Log;
using Notifier.Core.Log.Embedded;
using Notifier.Core.Topics;
using Notifier.Tests.Support;

namespace Notifier.Tests.Log.Embedded;

/// <summary>What becomes of writes that the disk does not take, and of what was written before and after them.</summary>
public sealed class FailingDiskTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly ScratchFolder _folder = new();
    private readonly FailingDisk _disk = new();
    private readonly RecordingWatch _watch = new();
    private readonly TopicName _topic = TopicName.Room("general");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_full_disk_refuses_shows_nothing_of_it_and_heals_by_itself_once_there_is_room()
    {
        LogPosition first, second;
        await using (var log = Open(TimeProvider.System))
        {
            var follower = new RecordingFollower();
            await using var following = await log.FollowAsync(_topic, follower, None);
            first = await AppendAsync(log, "1");
            _disk.IsFull = true;
            await Should.ThrowAsync<LogUnavailableException>(() => AppendAsync(log, "lost"));
            await Should.ThrowAsync<LogUnavailableException>(() => AppendAsync(log, "lost too"));
            log.IsReady.ShouldBeFalse();
            (await log.ReadAsync(_topic, LogPosition.Zero, 10, None)).Events.Select(e => e.Position).ShouldBe([first]);

            _disk.IsFull = false;
            await Faults.Until.TrueAsync("the log is ready again without a publish", () => log.IsReady);
            second = await AppendAsync(log, "2");
            (await follower.TakeAsync(2)).Select(e => e.Text()).ShouldBe(["1", "2"]);
            follower.HasMore.ShouldBeFalse();
        }

        _watch.Told.ShouldBe(["failed", "healed"]);
        await using var again = Open(TimeProvider.System);
        _watch.Opening!.CutBytes.ShouldBe(0);
        (await again.ReadAsync(_topic, LogPosition.Zero, 10, None)).Events.Select(e => (e.Position, e.Predecessor)).Skip(1).ShouldBe([(second, first)]);
    }

    [Fact]
    public async Task A_failed_flush_ends_writing_until_a_restart_and_what_was_acknowledged_stays_readable()
    {
        LogPosition first;
        await using (var log = Open(TimeProvider.System))
        {
            first = await AppendAsync(log, "1");
            _disk.CannotFlush = true;
            await Should.ThrowAsync<LogUnavailableException>(() => AppendAsync(log, "unknown"));
            _disk.CannotFlush = false;
            await Should.ThrowAsync<LogUnavailableException>(() => AppendAsync(log, "refused"));

            log.IsReady.ShouldBeFalse();
            (await log.ReadAsync(_topic, LogPosition.Zero, 10, None)).Events.Select(e => e.Position).ShouldBe([first]);
        }

        _watch.Told.ShouldBe(["ended"]);
        await using var again = Open(TimeProvider.System);
        var second = await AppendAsync(again, "2");
        (await again.ReadAsync(_topic, LogPosition.Zero, 10, None)).Events.Select(e => e.Text()).ShouldNotContain("refused");
        second.ShouldBeGreaterThan(first);
    }

    [Fact]
    public async Task A_disk_that_hangs_is_answered_for_after_two_seconds_and_readers_do_not_notice()
    {
        var time = new ManualTime();
        await using var log = Open(time);
        var first = await AppendAsync(log, "1");
        _disk.Hang();
        var hung = AppendAsync(log, "2");
        (await log.ReadAsync(_topic, LogPosition.Zero, 10, None)).Events.Select(e => e.Position).ShouldBe([first], "nothing is shown before it is durable");

        time.Advance(TimeSpan.FromSeconds(1.5));
        hung.IsCompleted.ShouldBeFalse();
        time.Advance(TimeSpan.FromSeconds(1));
        await Should.ThrowAsync<LogUnavailableException>(() => hung);
        _disk.Wake();

        // The disk took it after all, which is what a retry with a once-key is for.
        await AppendAsync(log, "3");
        (await log.ReadAsync(_topic, LogPosition.Zero, 10, None)).Events.Select(e => e.Text()).ShouldBe(["1", "2", "3"]);
    }

    private async Task<LogPosition> AppendAsync(JournalEventLog log, string text) => (await log.AppendAsync(_topic, Drafts.Message(text), default, None)).Position;

    private JournalEventLog Open(TimeProvider time) => JournalEventLog.Open(new() { Path = _folder.Path }, time, _watch, _disk);
}
