using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Notifier.Core.Events;
using Notifier.Core.Topics;

namespace Notifier.Tests.Events;

public sealed class CursorTests
{
    [Fact]
    public void Any_positions_come_back_as_they_were_written() =>
        Prop.ForAll(ArbMap.Default.ArbFor<ulong[]>(), numbers =>
        {
            var positions = numbers.Select((n, i) => (TopicName.Room($"r{i}"), new LogPosition(n, ulong.MaxValue - n))).ToArray();
            if (positions.Length == 0) return true;

            Cursor.TryParse(Write(positions), out var cursor).ShouldBeTrue();

            return positions.All(p => cursor!.TryGetPosition(p.Item1, out var position) && position == p.Item2);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    [Fact]
    public void Four_topics_take_at_most_128_bytes_of_the_letters_that_cost_no_preflight()
    {
        var now = new LogPosition(1_795_164_167_186, 16_383);
        var written = Write([(TopicName.Room("a"), now), (TopicName.User("b"), now), (TopicName.All, now), (TopicName.Class("c"), now)]);

        written.Length.ShouldBeLessThanOrEqualTo(128);
        char.IsAsciiLetter(written[0]).ShouldBeTrue();
        written.ShouldAllBe(c => char.IsAsciiLetterOrDigit(c) || "._~-".Contains(c));
    }

    [Fact]
    public void A_topic_that_it_does_not_hold_is_not_known()
    {
        Cursor.TryParse(Write([(TopicName.Room("a"), new(1, 2))]), out var cursor).ShouldBeTrue();

        cursor!.TryGetPosition(TopicName.Room("b"), out _).ShouldBeFalse();
    }

    [Theory]
    [InlineData("")]
    [InlineData("p")]
    [InlineData("q")]
    [InlineData("1795164167186-0")]
    [InlineData("p!!!!")]
    [InlineData("pAAAA")]
    [InlineData("p AAAAAAAAAAAA")]
    [InlineData("pAAAAAAAAAAA=")]
    [InlineData("pAAAAAAAA_____________")]
    [InlineData("pÄÄÄÄÄÄÄÄÄÄÄÄ")]
    public void What_no_stream_ever_sent_is_refused(string value) => Cursor.TryParse(value, out _).ShouldBeFalse();

    [Fact]
    public void A_cursor_cut_anywhere_is_refused_or_reads_as_fewer_topics_and_never_throws()
    {
        var whole = Write([(TopicName.Room("a"), new(1_795_164_167_186, 7)), (TopicName.Room("b"), new(1_795_164_167_187, 8))]);

        for (var length = 0; length < whole.Length; length++)
        {
            if (Cursor.TryParse(whole.AsSpan(0, length), out var cursor)) cursor.TryGetPosition(TopicName.Room("b"), out _).ShouldBeFalse();
        }
    }

    private static string Write((TopicName, LogPosition)[] positions)
    {
        var bytes = new byte[Cursor.MaxEncodedLength(positions.Length)];
        return Encoding.ASCII.GetString(bytes, 0, Cursor.Encode(positions, bytes));
    }
}
