using Notifier.Core.Events;
using Notifier.Core.Log.Embedded;
using Notifier.Core.Topics;
using Notifier.Tests.Support;

namespace Notifier.Tests.Log.Embedded;

/// <summary>What becomes of a journal that is not as it was written.</summary>
public sealed class DamageTests : IDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly ScratchFolder _folder = new();
    private readonly TopicName _topic = TopicName.Room("general");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Cut_at_any_byte_of_its_last_records_it_holds_what_is_whole_and_goes_on()
    {
        var (ends, stored) = await WriteAsync(5);
        var whole = await File.ReadAllBytesAsync(_folder.Files("*.log").Single());

        // From the end of the second event's commit to that of the last.
        for (var length = ends[1]; length <= ends[^1]; length++)
        {
            var expected = ends.Count(end => end <= length);
            await File.WriteAllBytesAsync(_folder.Files("*.log").Single(), whole[..(int)length]);
            await using (var log = Open(out var watch))
            {
                (watch.Opening!.CutBytes > 0).ShouldBe(length > ends[expected - 1]);
                (await log.ReadAsync(_topic, LogPosition.Zero, 10, None)).Events.Select(e => e.Position).ShouldBe(stored[..expected], $"cut at {length}");
                await log.AppendAsync(_topic, Drafts.Message("on"), default, None);
            }

            await using var again = Open(out var clean);
            clean.Opening!.CutBytes.ShouldBe(0);
            (await again.ReadAsync(_topic, LogPosition.Zero, 10, None)).Events.Count.ShouldBe(expected + 1);
        }
    }

    [Fact]
    public async Task Any_flipped_bit_is_refused_with_its_place_or_is_the_torn_tail()
    {
        var (ends, stored) = await WriteAsync(5);
        var file = _folder.Files("*.log").Single();
        var whole = await File.ReadAllBytesAsync(file);
        var random = new Random(4);
        for (var at = 0; at < ends[^1]; at++)
        {
            var flipped = whole.ToArray();
            flipped[at] ^= (byte)(1 << random.Next(8));
            await File.WriteAllBytesAsync(file, flipped);
            if (at >= ends[^2])
            {
                await using var log = Open(out _);
                (await log.ReadAsync(_topic, LogPosition.Zero, 10, None)).Events.Select(e => e.Position).ShouldBe(stored[..^1], $"flipped at {at}");
                continue;
            }

            var start = at < JournalFormat.HeaderBytes ? 0 : ends.Prepend(await BirthEndAsync(whole)).Prepend(JournalFormat.HeaderBytes).Last(end => end <= at);
            var refused = Should.Throw<JournalException>(() => Open(out _), $"flipped at {at}");
            refused.Message.ShouldContain(file);
            refused.Message.ShouldContain($"at offset {start}.");
            (await File.ReadAllBytesAsync(file)).ShouldBe(flipped, "nothing is changed by a start that is refused");
        }
    }

    [Fact]
    public async Task Repaired_it_holds_what_stands_before_the_damage_and_the_rest_is_set_aside()
    {
        var (ends, stored) = await WriteAsync(5);
        var file = _folder.Files("*.log").Single();
        var whole = await File.ReadAllBytesAsync(file);
        whole[ends[2] + 20] ^= 1;
        await File.WriteAllBytesAsync(file, whole);

        var watch = new RecordingWatch();
        await using (var log = JournalEventLog.Open(new() { Path = _folder.Path }, TimeProvider.System, watch, isRepair: true))
        {
            (await log.ReadAsync(_topic, LogPosition.Zero, 10, None)).Events.Select(e => e.Position).ShouldBe(stored[..3]);
            await log.AppendAsync(_topic, Drafts.Message("on"), default, None);

            // Who had seen what is gone is told so.
            var next = (await log.ReadAsync(_topic, stored[^1], 10, None)).Events.Single();
            Gap.Before(next, stored[^1])!.Reason.ShouldBe(GapReason.Reset);
        }

        var aside = watch.Opening!.SetAside.ShouldHaveSingleItem();
        (await File.ReadAllBytesAsync(aside)).ShouldBe(whole);
        await using var again = Open(out _);
        (await again.ReadAsync(_topic, LogPosition.Zero, 10, None)).Events.Count.ShouldBe(4);
    }

    [Fact]
    public async Task A_segment_that_is_missing_or_damaged_among_others_is_refused_and_a_repair_sets_all_later_ones_aside()
    {
        var options = new Core.Settings.LogOptions { Path = _folder.Path, MaxBytes = 1 << 20, MaxEventsPerTopic = 100_000 };
        await using (var log = JournalEventLog.Open(options, TimeProvider.System, new RecordingWatch()))
        {
            for (var i = 0; i < 300; i++) await log.AppendAsync(_topic, Drafts.Message(new string('x', 1000)), default, None);
        }

        var files = _folder.Files("*.log");
        files.Length.ShouldBeGreaterThan(3);
        var second = await File.ReadAllBytesAsync(files[1]);
        File.Delete(files[1]);
        Should.Throw<JournalException>(() => JournalEventLog.Open(options, TimeProvider.System, new RecordingWatch())).Message.ShouldContain($"{files[1]} is missing");

        // Torn where nothing can tear, since the next one was begun after it was whole.
        await File.WriteAllBytesAsync(files[1], second[..^10]);
        Should.Throw<JournalException>(() => JournalEventLog.Open(options, TimeProvider.System, new RecordingWatch())).Message.ShouldContain(files[1]);

        var watch = new RecordingWatch();
        await using var repaired = JournalEventLog.Open(options, TimeProvider.System, watch, isRepair: true);
        var held = (await repaired.ReadAsync(_topic, LogPosition.Zero, 1000, None)).Events;

        watch.Opening!.SetAside.Count.ShouldBe(files.Length - 1);
        held.Count.ShouldBeInRange(60, 130);
        held.Skip(1).Zip(held).ShouldAllBe(pair => pair.First.Predecessor == pair.Second.Position);
    }

    [Fact]
    public async Task A_record_that_spoils_while_the_log_is_open_is_not_handed_out()
    {
        var watch = new RecordingWatch();
        await using var log = JournalEventLog.Open(new() { Path = _folder.Path }, TimeProvider.System, watch);
        await log.AppendAsync(_topic, Drafts.Message("spoilt"), default, None);
        using (var file = File.Open(_folder.Files("*.log").Single(), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
        {
            file.Seek(-1 - (file.Length - log.Segments.Active.Length), SeekOrigin.End);
            file.WriteByte((byte)'?');
        }

        await Should.ThrowAsync<Core.Log.LogUnavailableException>(async () => await log.ReadAsync(_topic, LogPosition.Zero, 10, None));
        watch.Told.Single().ShouldStartWith("damage 0000000000000001.log ");
    }

    private static Task<long> BirthEndAsync(byte[] whole)
    {
        var scan = new SegmentScan(whole);
        scan.MoveNext();
        return Task.FromResult((long)scan.Offset);
    }

    /// <summary>Stores so many events, a commit each, and gives where each commit ends.</summary>
    private async Task<(long[] Ends, LogPosition[] Stored)> WriteAsync(int count)
    {
        var (ends, stored) = (new long[count], new LogPosition[count]);
        await using var log = Open(out _);
        for (var i = 0; i < count; i++)
        {
            stored[i] = (await log.AppendAsync(_topic, Drafts.Message($"m{i}"), default, None)).Position;
            ends[i] = log.Segments.Active.Length;
        }

        return (ends, stored);
    }

    private JournalEventLog Open(out RecordingWatch watch) => JournalEventLog.Open(new() { Path = _folder.Path }, TimeProvider.System, watch = new());
}
