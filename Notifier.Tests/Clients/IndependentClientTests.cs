using System.Globalization;

namespace Notifier.Tests.Clients;

/// <summary>What the service promises to whoever speaks the standard, kept with clients that know nothing of it.</summary>
public sealed class IndependentClientTests(ClientRuns runs) : IClassFixture<ClientRuns>
{
    [SkippableTheory]
    [InlineData("eventsource", false)]
    [InlineData("eventsource", true)]
    [InlineData("eventsource-client", false)]
    [InlineData("eventsource-client", true)]
    [InlineData("fetch-event-source", false)]
    [InlineData("fetch-event-source", true)]
    [InlineData("event-source-polyfill", false)]
    [InlineData("event-source-polyfill", true)]
    [InlineData(IndependentClient.Parser, false)]
    [InlineData(IndependentClient.Parser, true)]
    [InlineData(IndependentClient.Curl, false)]
    [InlineData(IndependentClient.Curl, true)]
    public async Task A_client_that_is_cut_twenty_times_gets_each_of_a_thousand_events_once_and_in_order(string client, bool ofPositions)
    {
        var run = await runs.NeedAsync(client, ofPositions);

        run.Texts.ShouldBe([.. Enumerable.Range(0, ResumeRun.Events).Select(n => n.ToString(CultureInfo.InvariantCulture)), "end"]);
        run.Gaps.ShouldBe(0);
        run.Resumed.Count.ShouldBeGreaterThan(ResumeRun.Cuts);
        run.Resumed.ShouldBe([false, .. Enumerable.Repeat(true, run.Resumed.Count - 1)]);
    }
}
