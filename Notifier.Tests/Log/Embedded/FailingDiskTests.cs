using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Notifier.Core.Events;
using Notifier.Core.Log;
using Notifier.Core.Log.Embedded;
using Notifier.Core.Settings;
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
        var hanging = _disk.Hang();
        var hung = AppendAsync(log, "2");
        await hanging;
        try
        {
            (await log.ReadAsync(_topic, LogPosition.Zero, 10, None)).Events.Select(e => e.Position).ShouldBe([first], "nothing is shown before it is durable");
            time.Advance(TimeSpan.FromSeconds(1.5));
            hung.IsCompleted.ShouldBeFalse();
            log.IsReady.ShouldBeTrue();
            time.Advance(TimeSpan.FromSeconds(1));
            await Should.ThrowAsync<LogUnavailableException>(() => hung);
            log.IsReady.ShouldBeFalse();
        }
        finally
        {
            // The log closes only once its disk answers.
            _disk.Wake();
        }

        await Faults.Until.TrueAsync("the log is ready again", () => log.IsReady);

        // The disk took it after all, which is what a retry with a once-key is for.
        await AppendAsync(log, "3");
        (await log.ReadAsync(_topic, LogPosition.Zero, 10, None)).Events.Select(e => e.Text()).ShouldBe(["1", "2", "3"]);
    }

    [Fact]
    public async Task A_service_whose_disk_hangs_takes_no_traffic_until_it_answers_again()
    {
        await using var host = NotifierHost.With(
            services => services.AddSingleton(_ => Open(TimeProvider.System)), ("Log:Path", _folder.Path));
        (await host.Http.GetAsync("/readyz")).StatusCode.ShouldBe(HttpStatusCode.OK);
        _ = _disk.Hang();
        try
        {
            using var hung = await host.Http.PostTextAsync("/api/rooms/general/messages", """{"text":"hangs"}""");
            hung.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
            (await host.Http.GetAsync("/readyz")).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
            (await host.Http.GetAsync("/healthz")).StatusCode.ShouldBe(HttpStatusCode.OK);
        }
        finally
        {
            _disk.Wake();
        }

        await Faults.Until.TrueAsync("it is ready again", async () => (await host.Http.GetAsync("/readyz")).IsSuccessStatusCode);
        (await host.Http.SayAsync("general", "goes on")).ShouldNotBeEmpty();
    }

    [SkippableFact]
    public async Task What_a_failed_write_left_does_not_come_back_with_the_power_in_a_segment_that_is_followed_by_another()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "The test learns from /proc which file is meant.");
        var options = new LogOptions { Path = _folder.Path, MaxBytes = 1 << 20 };
        var stored = new List<LogPosition>();
        var log = JournalEventLog.Open(options, new ManualTime(), _watch, _disk);
        for (var i = 0; i < 50; i++) stored.Add(await AppendAsync(log, new string('x', 1000)));
        _disk.IsFull = true;
        await Should.ThrowAsync<LogUnavailableException>(() => AppendAsync(log, new string('l', 5000)));
        _disk.IsFull = false;
        stored.Add(await AppendAsync(log, new string('y', 15_000)));
        _folder.Files("*.log").Length.ShouldBe(2);

        await log.DisposeAsync();
        _disk.LosePower();
        await using var again = JournalEventLog.Open(options, new ManualTime(), _watch);
        (await again.ReadAsync(_topic, LogPosition.Zero, 100, None)).Events.Select(e => e.Position).ShouldBe(stored);
    }

    [SkippableFact]
    public async Task The_names_of_new_folders_are_made_durable_and_one_descriptor_of_the_journals_own_serves_all_that_follows()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "The test learns from /proc which folder is meant.");
        var path = Path.Combine(_folder.Path, "new", "data");
        await using (var log = JournalEventLog.Open(new() { Path = path + "/" }, TimeProvider.System, _watch, _disk))
        {
            await AppendAsync(log, "1");
            _disk.FlushedFolders.ShouldBe([_folder.Path, Path.GetDirectoryName(path)!, path]);
            DescriptorsOn(path).ShouldBe(1);
        }

        DescriptorsOn(path).ShouldBe(0);
        await using var again = JournalEventLog.Open(new() { Path = path }, TimeProvider.System, _watch, _disk);
        _disk.FlushedFolders.Count.ShouldBe(3, "nothing was named anew");
    }

    private static int DescriptorsOn(string path) => Directory.GetFileSystemEntries("/proc/self/fd").Count(entry =>
    {
        try
        {
            return new FileInfo(entry).ResolveLinkTarget(returnFinalTarget: false)?.FullName == path;
        }
        catch (IOException)
        {
            // Closed meanwhile.
            return false;
        }
    });

    private async Task<LogPosition> AppendAsync(JournalEventLog log, string text) => (await log.AppendAsync(_topic, Drafts.Message(text), default, None)).Position;

    private JournalEventLog Open(TimeProvider time) => JournalEventLog.Open(new() { Path = _folder.Path }, time, _watch, _disk);
}
