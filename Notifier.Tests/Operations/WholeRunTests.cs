using Notifier.Tests.Support;

namespace Notifier.Tests.Operations;

/// <summary>CONTRACT 6, of every service that any test has started until now, in this process or in one of its own: what was secret is in none of its lines.</summary>
[Collection(WholeRunCollection.Name)]
public sealed class WholeRunTests
{
    [Fact]
    public async Task No_line_of_the_whole_run_holds_a_token_a_ticket_or_a_text()
    {
        await using (var host = NotifierHost.With())
        {
            using var ada = host.NewClient(await host.TokenAsync("ada", rooms: ["general"]));
            using var ticket = await ada.PostTextAsync("/api/tickets", "{}");
            await using var stream = await host.OpenAsync($"/api/rooms/general/events?ticket={(await ticket.JsonAsync()).GetProperty("ticket").GetString()}");
            await ada.SayAsync("general", "a text that is private");
            (await stream.ReadAsync()).Text.ShouldBe("a text that is private");
        }

        RunRecord.OfThisRun.Secrets.ShouldBeGreaterThanOrEqualTo(4, "the token's two parts, the ticket and the text, and those of all other tests");
        RunRecord.OfThisRun.Lines.ShouldBeGreaterThanOrEqualTo(4);
        RunRecord.OfThisRun.Leaks().ShouldBeEmpty();
    }
}
