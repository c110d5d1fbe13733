using Notifier.Core.Events;
using Notifier.Core.Log;
using Notifier.Core.Log.Memory;
using Notifier.Core.Revocation;
using Notifier.Core.Topics;
using Notifier.Tests.Support;

namespace Notifier.Tests.Revocation;

public sealed class StreamRevocationTests
{
    private static readonly UserRef Ada = new("ada", "Ada");

    [Theory]
    [InlineData(-3600.0, null, true)]
    [InlineData(0.0, null, true)]
    [InlineData(2.0, null, true)]
    [InlineData(2.1, null, false)]
    [InlineData(59.0, 60, true)]
    [InlineData(61.0, 60, false)]
    [InlineData(1.9, 1, true)]
    [InlineData(2.1, 1, false)]
    public async Task A_stream_that_opened_after_a_revocation_is_not_ended_by_it_but_for_what_clocks_may_differ_or_while_new_ones_are_refused(
        double secondsAfter, int? refusedForSeconds, bool ends)
    {
        var time = new ManualTime();
        await using var log = new MemoryEventLog(new(), time);
        await using var subscriptions = new Subscriptions(log, new(), time);
        using var subscription = await subscriptions.OpenAsync([(TopicName.Room("general"), StartPoint.Now)], default);
        var revocation = new StreamRevocation("ada", null, refusedForSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null) { At = time.GetUtcNow() };
        var openedAt = time.GetUtcNow() + TimeSpan.FromSeconds(secondsAfter);

        revocation.Ends(Ada, subscription, openedAt).ShouldBe(ends);
        (revocation with { Topic = TopicName.Room("general") }).Ends(Ada, subscription, openedAt).ShouldBe(ends);
        (revocation with { Topic = TopicName.Room("other") }).Ends(Ada, subscription, openedAt).ShouldBeFalse();
        (revocation with { User = "bob" }).Ends(Ada, subscription, openedAt).ShouldBeFalse();
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("room:general", 90)]
    public async Task A_revocation_is_read_as_it_was_sent_with_the_moment_at_which_it_was_stored(string? topic, int? refusedForSeconds)
    {
        var time = new ManualTime();
        await using var log = new MemoryEventLog(new(), time);
        await using var subscriptions = new Subscriptions(log, new(), time);
        var revocations = new Revocations(log, new MemoryRefusals(time), subscriptions, time);
        var sent = new StreamRevocation("ada", TopicName.TryParse(topic, out var name) ? name : null, refusedForSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null);
        var heard = new TaskCompletionSource<StreamRevocation?>();
        using var end = new CancellationTokenSource();
        var following = revocations.FollowAsync(revocation => heard.TrySetResult(revocation), end.Token);

        await revocations.RevokeAsync(sent, new("root"), default);

        (await heard.Task.WaitAsync(TimeSpan.FromSeconds(10))).ShouldBe(sent with { At = time.GetUtcNow() });
        await end.CancelAsync();
        await following;
    }
}
