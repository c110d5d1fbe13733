using Notifier.Core.Events;

namespace Notifier.Tests.Events;

public sealed class LogPositionTests
{
    [Theory]
    [InlineData("0-0")]
    [InlineData("1795164167186-0")]
    [InlineData("1795164167186-42")]
    [InlineData("18446744073709551615-18446744073709551615")]
    public void A_valid_id_is_read_and_written_alike(string id)
    {
        LogPosition.TryParse(id, out var position).ShouldBeTrue();

        position.ToString().ShouldBe(id);
        Span<byte> utf8 = stackalloc byte[LogPosition.MaxLength];
        position.TryFormat(utf8, out var length).ShouldBeTrue();
        System.Text.Encoding.ASCII.GetString(utf8[..length]).ShouldBe(id);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("1")]
    [InlineData("1-")]
    [InlineData("-1")]
    [InlineData("1-2-3")]
    [InlineData("+1-2")]
    [InlineData("1- 2")]
    [InlineData("1-2\n")]
    [InlineData("0x1-2")]
    [InlineData("１-２")]
    [InlineData("18446744073709551616-0")]
    [InlineData("0-18446744073709551616")]
    public void Anything_else_is_refused(string id) => LogPosition.TryParse(id, out _).ShouldBeFalse();

    [Fact]
    public void Order_is_by_time_and_then_by_sequence()
    {
        LogPosition[] ordered = [new(0, 0), new(0, 9), new(1, 0), new(1, 1), new(2, 0), new(10, 0)];

        ordered.Reverse().Order().ShouldBe(ordered);
    }
}
