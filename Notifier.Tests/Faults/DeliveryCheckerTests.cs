using Notifier.Core.Events;

namespace Notifier.Tests.Faults;

/// <summary>The checker fails where it should: each test breaks one thing in a delivery that is right.</summary>
public sealed class DeliveryCheckerTests
{
    private static readonly Acknowledged[] Sent = [.. Enumerable.Range(1, 5).Select(n => new Acknowledged("room:a", At(n), Text(n)))];

    [Fact]
    public void Everything_once_and_in_order_is_right() => Check(Start(0), Seen(1), Seen(2), Seen(3), Seen(4), Seen(5)).ShouldBeEmpty();

    [Fact]
    public void What_was_acknowledged_before_the_start_is_not_missed() => Check(Start(3), Seen(4), Seen(5)).ShouldBeEmpty();

    [Fact]
    public void An_event_that_nobody_acknowledged_may_be_shown_once() =>
        Check(Start(0), Seen(1), Seen(2), Seen(3), Seen(4), Seen(5), new Sighting.Event(At(6), "its answer was lost")).ShouldBeEmpty();

    [Fact]
    public void Coming_back_to_where_one_was_is_right() => Check(Start(0), Seen(1), Seen(2), Start(2), Seen(3), Start(3), Seen(4), Seen(5)).ShouldBeEmpty();

    [Fact]
    public void Coming_back_to_elsewhere_is_wrong() => Check(Start(0), Seen(1), Seen(2), Start(3), Seen(4), Seen(5)).ShouldNotBeEmpty();

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(5)]
    public void A_lost_event_is_found_wherever_it_is(int lost) =>
        Check([Start(0), .. Enumerable.Range(1, 5).Where(n => n != lost).Select(Seen)]).ShouldHaveSingleItem().ShouldContain(Text(lost));

    [Fact]
    public void A_doubled_event_is_found() => Check(Start(0), Seen(1), Seen(2), Seen(2), Seen(3), Seen(4), Seen(5)).ShouldNotBeEmpty();

    [Fact]
    public void An_event_that_comes_again_much_later_is_found() => Check(Start(0), Seen(1), Seen(2), Seen(3), Seen(4), Seen(5), Seen(1)).ShouldNotBeEmpty();

    [Fact]
    public void An_event_that_was_stored_twice_is_found() =>
        Check(Start(0), Seen(1), Seen(2), Seen(3), Seen(4), Seen(5), new Sighting.Event(At(6), Text(5))).ShouldNotBeEmpty();

    [Fact]
    public void A_swapped_pair_is_found() => Check(Start(0), Seen(1), Seen(3), Seen(2), Seen(4), Seen(5)).ShouldNotBeEmpty();

    [Fact]
    public void An_event_under_the_id_of_another_is_found() =>
        Check(Start(0), Seen(1), Seen(2), new Sighting.Event(At(3), "something else"), Seen(4), Seen(5)).ShouldNotBeEmpty();

    [Fact]
    public void A_gap_that_covers_what_is_missing_is_right() => Check(Start(0), Seen(1), Hole(1, 3), Seen(4), Seen(5)).ShouldBeEmpty();

    [Fact]
    public void A_gap_at_the_end_covers_what_is_missing_there() => Check(Start(0), Seen(1), Seen(2), Hole(2, 5)).ShouldBeEmpty();

    [Fact]
    public void A_gap_that_ends_too_early_is_found() => Check(Start(0), Seen(1), Hole(1, 2), Seen(4), Seen(5)).ShouldHaveSingleItem().ShouldContain(Text(3));

    [Fact]
    public void A_gap_that_begins_too_late_is_found() => Check(Start(0), Seen(1), Hole(2, 3), Seen(4), Seen(5)).ShouldNotBeEmpty();

    [Fact]
    public void A_gap_that_is_told_twice_is_found() => Check(Start(0), Seen(1), Hole(1, 3), Hole(1, 3), Seen(4), Seen(5)).ShouldNotBeEmpty();

    [Fact]
    public void A_client_that_was_shown_nothing_is_found() => Check(Start(0)).Count.ShouldBe(5);

    [Fact]
    public void A_client_that_never_got_in_is_found() => Check().ShouldNotBeEmpty();

    [Fact]
    public void A_log_that_lacks_doubles_or_moves_an_event_is_found()
    {
        Sighting.Event[] stored = [.. Sent.Select(a => new Sighting.Event(a.Position, a.Text))];

        DeliveryChecker.CheckLog(Sent, stored).ShouldBeEmpty();
        DeliveryChecker.CheckLog(Sent, stored[1..]).ShouldNotBeEmpty();
        DeliveryChecker.CheckLog(Sent, [.. stored, new(At(6), Text(5))]).ShouldNotBeEmpty();
        DeliveryChecker.CheckLog(Sent, [.. stored[..4], new(At(6), Text(5))]).ShouldNotBeEmpty();
    }

    private static List<string> Check(params Sighting[] sightings) => DeliveryChecker.Check("ada", Sent, sightings);

    private static LogPosition At(int n) => new((ulong)n, 0);

    private static string Text(int n) => $"number {n}";

    private static Sighting.Start Start(int n) => new(At(n));

    private static Sighting Seen(int n) => new Sighting.Event(At(n), Text(n));

    private static Sighting.Gap Hole(int after, int resume) => new(At(after), At(resume), "trimmed");
}
