using System.Text.Json;
using Notifier.Tests.Support;

namespace Notifier.Tests.Browser;

/// <summary>The parser of <c>notifier.js</c> against the HTML standard, 9.2.6.</summary>
[Collection(BrowserLane.Two)]
public sealed class EventStreamParserTests(NotifierHost host, Chromium chromium) : IClassFixture<NotifierHost>, IClassFixture<Chromium>
{
    [SkippableTheory]
    [InlineData("data: one\n\ndata: two\n\n", "message:one@ message:two@")]
    [InlineData("data: one\r\n\r\ndata: two\r\n\r\n", "message:one@ message:two@")]
    [InlineData("data: one\r\rdata: two\r\r", "message:one@ message:two@")]
    [InlineData("\uFEFFdata: one\n\n", "message:one@")]
    [InlineData("event: chat\ndata: one\ndata: two\ndata\ndata:\n\n", "chat:one|two||@")]
    [InlineData("data:  two blanks\n\ndata:none\n\n", "message: two blanks@ message:none@")]
    [InlineData("id: 7\ndata: one\n\ndata: two\n\n", "message:one@7 message:two@7")]
    [InlineData("id: 7\ndata: one\n\nid\ndata: two\n\n", "message:one@7 message:two@")]
    [InlineData("id: 7\n\n", "-@7")]
    [InlineData("id: a\0b\ndata: one\n\n", "message:one@")]
    [InlineData(": a comment\nfoo: bar\ndata: one\n\n", "message:one@")]
    [InlineData("event: lost\n\ndata: one\n\n", "-@ message:one@")]
    [InlineData("data: not ended\n", "")]
    [InlineData("retry: 250\nretry: 2s\nretry: -1\ndata: a:b: c\n\n", "retry=250 message:a:b: c@")]
    [InlineData("data: gr\u00fc\u00df \U0001F600 \u20ac\n\n", "message:gr\u00fc\u00df \U0001F600 \u20ac@")]
    public async Task A_stream_is_read_alike_however_its_bytes_are_split(string stream, string expected)
    {
        var page = await chromium.OpenWindowAsync();
        await page.GotoAsync(new Uri(host.Address, "/healthz").ToString());

        var answers = await page.EvaluateAsync<string[]>($$"""
            async () => {
              const { EventStreamParser } = await import("/notifier.js");
              const bytes = new TextEncoder().encode({{JsonSerializer.Serialize(stream)}});
              return [bytes.length, 1, 2, 3, 5].map(size => {
                const told = [];
                const parser = new EventStreamParser(
                  ({ id, type, data }) => told.push(type ? `${type}:${data.replaceAll("\n", "|")}@${id}` : `-@${id}`), ms => told.push(`retry=${ms}`));
                for (let at = 0; at < bytes.length; at += size) parser.push(bytes.subarray(at, at + size));
                return told.join(" ");
              });
            }
            """);

        answers.ShouldBe(Enumerable.Repeat(expected, 5));
    }
}
