using System.Text.Json;
using Notifier.Tests.Support;

namespace Notifier.Tests.Operations;

/// <summary>That the record by which the whole run is judged finds what it looks for.</summary>
public sealed class RunRecordTests : IDisposable
{
    private readonly ScratchFolder _folder = new();
    private readonly RunRecord _record;

    public RunRecordTests() => _record = new(Path.Combine(_folder.Path, "lines", "lines.log"));

    public void Dispose()
    {
        _record.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_line_with_a_token_a_part_of_one_a_ticket_or_a_text_is_found_and_any_other_is_not()
    {
        var token = TestTokens.For("ada");
        _record.KeepCredential(token);
        _record.KeepIssued(JsonDocument.Parse("""{"ticket":"0123456789abcdef0123456789abcdef","expiresInSeconds":60}""").RootElement);
        _record.KeepTexts("""[{"topics":["room:a"],"data":{"inner":[{"text":"psst, that is private"}]}},{"title":"title-that-is-private"}]""");
        string[] leaks = [$"GET /?access_token={token}", $"signature {token.Split('.')[2]}", "ticket=0123456789abcdef0123456789abcdef", "said psst, that is private", "<title-that-is-private>"];

        _record.KeepLine("Opened stream 1 of ada on room:a (room, fresh).");
        foreach (var leak in leaks) _record.KeepLine(leak);
        _record.KeepLine($"A token begins with {token.Split('.')[0]}.");

        _record.Leaks().ShouldBe(leaks);
    }

    [Theory]
    [InlineData("""{"text":"hi"}""", "hi")]
    [InlineData("""{"text":"xxxxxxxxxxxxxxxxxxxx"}""", "xxxxxxxxxxxxxxxxxxxx")]
    [InlineData("""{"text":"user-0123456789abcdef"}""", "Opened stream 1 of user-0123456789abcdef.")]
    [InlineData("""{"type":"a type, that is no text"}""", "a type, that is no text")]
    [InlineData("""{"text":"a text that is broken""", "a text that is broken")]
    public void What_may_stand_in_a_line_by_chance_is_not_looked_for(string body, string line)
    {
        _record.KeepTexts(body);
        _record.KeepCredential("nonsense");
        _record.KeepLine(line);

        _record.Leaks().ShouldBeEmpty();
    }
}
