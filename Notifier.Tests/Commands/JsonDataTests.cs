using System.Text;
using System.Text.Json;
using Notifier.Api.Commands;
using Notifier.Core.Events;

namespace Notifier.Tests.Commands;

public sealed class JsonDataTests
{
    [Theory]
    [InlineData("1")]
    [InlineData("null")]
    [InlineData(" true ")]
    [InlineData("\"a \\\"b\\\" \\u00e9 \\ud83d\\ude00 é \\/ \\t\\n\\u0001 <&'+\"")]
    [InlineData("[ ]")]
    [InlineData("{ }")]
    [InlineData("[1, 1.0, 1e+5, -0, 12345678901234567890123, [[], {}], [null, false]]")]
    [InlineData("{ \"a\" : 1 ,\r\n\t\"a\" : { \"b c\": [ \" spaces stay \" ] }, \"\\u0061\\\"\": \"\", \"\": {} }")]
    public void Data_is_kept_on_one_line_as_the_frameworks_own_document_writes_it(string json)
    {
        using var document = JsonDocument.Parse(json);
        using var expected = new MemoryStream();
        using (var writer = new Utf8JsonWriter(expected, new() { Encoder = JsonText.Encoder })) document.WriteTo(writer);

        var read = JsonSerializer.Deserialize<JsonData[]>($"[{json}, 2]")!;

        Encoding.UTF8.GetString(read[0].Utf8.Span).ShouldBe(Encoding.UTF8.GetString(expected.ToArray()));
        Encoding.UTF8.GetString(read[1].Utf8.Span).ShouldBe("2");
        JsonSerializer.Serialize(read).ShouldBe($"[{Encoding.UTF8.GetString(expected.ToArray())},2]");
    }

    [Fact]
    public void A_large_value_and_the_small_one_behind_it_are_both_whole()
    {
        var large = new string('x', 200_000);

        var read = JsonSerializer.Deserialize<JsonData[]>($"[\"{large}\", {{}}]")!;

        read[0].Utf8.Length.ShouldBe(large.Length + 2);
        read[1].IsObject.ShouldBeTrue();
        default(JsonData).IsMissing.ShouldBeTrue();
    }
}
