using System.Globalization;
using System.Text;
using Notifier.Core.Events;
using Notifier.Core.Log.Memory;
using Notifier.Core.Log.Redis;
using Notifier.Core.Topics;
using Notifier.Tests.Support;

namespace Notifier.Tests.Log.Redis;

/// <summary>What a follower is told when bells are lost, doubled, late, or not understood. Any log will do: the bell asks it as it would ask Redis.</summary>
public sealed class DoorbellTests : IAsyncDisposable
{
    private static readonly CancellationToken None = CancellationToken.None;
    private static readonly TimeSpan Parking = TimeSpan.FromMilliseconds(20);

    private readonly ManualTime _time = new();
    private readonly TopicName _topic = TopicName.Room(Fresh.Room());
    private readonly RecordingFollower _follower = new();
    private readonly MemoryEventLog _stored;
    private readonly CountingLog _log;

    public DoorbellTests()
    {
        _stored = new(new(), _time);
        _log = new(_stored);
    }

    public async ValueTask DisposeAsync() => await _log.DisposeAsync();

    [Fact]
    public async Task A_bell_that_rings_again_is_told_once_and_costs_no_read()
    {
        using var bell = await StartAsync();
        var stored = await AppendAsync(2);

        foreach (var logged in new[] { stored[0], stored[0], stored[1], stored[0], stored[1] }) bell.Ring(Bell(logged));

        (await TakeAsync(2)).ShouldBe(Positions(stored));
        _follower.HasMore.ShouldBeFalse();
        _time.HasDelayOf(Parking).ShouldBeFalse();
        _log.Reads.ShouldBe(0);
    }

    [Fact]
    public async Task What_no_bell_told_is_read_before_what_the_next_bell_tells()
    {
        using var bell = await StartAsync();
        var stored = await AppendAsync(3);

        bell.Ring(Bell(stored[2]));
        _follower.HasMore.ShouldBeFalse();
        _time.Advance(Parking);

        (await TakeAsync(3)).ShouldBe(Positions(stored));

        // Those that were only late.
        bell.Ring(Bell(stored[0]));
        bell.Ring(Bell(stored[1]));
        _follower.HasMore.ShouldBeFalse();
        _time.HasDelayOf(Parking).ShouldBeFalse();
    }

    [Fact]
    public async Task What_rings_while_it_is_read_is_told_once()
    {
        using var bell = await StartAsync();
        var stored = await AppendAsync(3);
        _log.BeforeRead = _ =>
        {
            _log.BeforeRead = null;
            foreach (var logged in stored) bell.Ring(Bell(logged));
        };

        await bell.CheckAsync();
        (await TakeAsync(3)).ShouldBe(Positions(stored));

        // The next read is made when that one is taken in: what it tells is the first thing that is told since.
        var next = await AppendAsync(2);
        bell.Ring(Bell(next[1]));
        _time.Advance(Parking);
        (await TakeAsync(2)).ShouldBe(Positions(next));
    }

    [Fact]
    public async Task More_bells_than_are_parked_are_read_at_once()
    {
        using var bell = await StartAsync();
        var stored = await AppendAsync(66);

        foreach (var logged in stored.Skip(1)) bell.Ring(Bell(logged));

        (await TakeAsync(66)).ShouldBe(Positions(stored));
        _follower.HasMore.ShouldBeFalse();
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("e")]
    [InlineData("e{0} {1} 0 message")]
    [InlineData("e{0}\n{{}}")]
    [InlineData("e{0} {1} 0 message a trace and more\n{{}}")]
    [InlineData("v2 {0} {1} message\n{{}}")]
    public async Task A_bell_of_another_version_is_passed_over_and_what_it_would_have_told_is_found_by_the_check(string message)
    {
        using var bell = await StartAsync();
        var stored = await AppendAsync(1);

        bell.Ring(Encoding.ASCII.GetBytes(string.Format(CultureInfo.InvariantCulture, message, stored[0].Position, stored[0].Predecessor)));
        _follower.HasMore.ShouldBeFalse();
        await bell.CheckAsync();

        (await TakeAsync(1)).ShouldBe(Positions(stored));
        _follower.HasMore.ShouldBeFalse();
    }

    [Fact]
    public async Task Bells_of_another_history_are_not_told_until_the_follower_knows_where_that_one_stands()
    {
        var lost = new LogPosition((ulong)_time.GetUtcNow().AddHours(1).ToUnixTimeMilliseconds(), 7);
        using var bell = new Doorbell(_topic, _log, _follower, new(), _time);
        bell.Start(lost);
        var stored = await AppendAsync(1);
        bell.Ring(Bell(stored[0]));
        _follower.HasMore.ShouldBeFalse();
        (await _follower.TakeStartAsync()).ShouldBe(lost);

        await bell.CheckAsync();
        (await _follower.TakeStartAsync()).ShouldBe(stored[0].Position);
        var next = await AppendAsync(1);
        bell.Ring(Bell(next[0]));

        (await TakeAsync(1)).ShouldBe(Positions(next));
        _follower.HasMore.ShouldBeFalse();
    }

    private async Task<Doorbell> StartAsync()
    {
        var bell = new Doorbell(_topic, _log, _follower, new(), _time);
        bell.Start(await _log.ReadHeadAsync(_topic, None));
        return bell;
    }

    private async Task<List<LoggedEvent>> AppendAsync(int count)
    {
        var after = await _log.ReadHeadAsync(_topic, None);
        for (var i = 0; i < count; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(1));
            await _log.AppendAsync(_topic, Drafts.Message($"{i}"), default, None);
        }

        return [.. (await _stored.ReadAsync(_topic, after, count, None)).Events];
    }

    private async Task<IEnumerable<LogPosition>> TakeAsync(int count) => Positions(await _follower.TakeAsync(count));

    private static IEnumerable<LogPosition> Positions(IEnumerable<LoggedEvent> events) => events.Select(logged => logged.Position);

    private static byte[] Bell(LoggedEvent logged) => Encoding.ASCII.GetBytes($"e{logged.Position} {logged.Predecessor} 0 {logged.Type}\n\"data\":1");
}
