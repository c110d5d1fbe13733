using Notifier.Tests.Faults;
using Notifier.Tests.Support;

namespace Notifier.Tests.Browser;

/// <summary>Tabs of one page on one stream: each hears its own topics, and the stream outlives the tab that has it.</summary>
[Collection(BrowserLane.Two)]
public sealed class SharedLineTests(Chromium chromium) : IClassFixture<Chromium>, IAsyncLifetime
{
    private const string Shared = "share: true";

    private readonly NotifierHost _host = NotifierHost.With(("Streams:RetryMs", "100"), ("Log:MaxEventsPerTopic", "100000"));
    private readonly string _room = Fresh.Room();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [SkippableFact]
    public async Task Seven_tabs_share_one_connection()
    {
        var first = await TabAsync();
        var tabs = new List<Listener> { first };
        for (var i = 0; i < 6; i++) tabs.Add(await TabAsync(beside: first));

        await _host.Http.SayAsync(_room, "to all tabs");
        foreach (var tab in tabs) await tab.HeardAsync("to all tabs");

        await Until.TrueAsync("one connection is left", async () => await ConnectionsAsync() == 1);
        (await Task.WhenAll(tabs.Select(tab => tab.EvaluateAsync<bool>("line.isLeader")))).Count(leads => leads).ShouldBe(1);
    }

    [SkippableFact]
    public async Task Each_tab_hears_its_own_topics_alone()
    {
        var other = Fresh.Room();
        var one = await TabAsync();
        var two = await TabAsync(Shared, one, $"room:{other}", "all");

        await _host.Http.SayAsync(_room, "to the first");
        await _host.Http.SayAsync(other, "to the second");
        await one.HeardAsync("to the first");
        await two.HeardAsync("to the second");
        await two.EvaluateAsync($"line.join('room:{_room}')");
        await two.TrueAsync($"welcomes.at(-1).topics.length === 3");
        await _host.Http.SayAsync(_room, "to both");

        await one.HeardAsync("to the first", "to both");
        await two.HeardAsync("to the second", "to both");
    }

    [SkippableFact]
    public async Task A_tab_that_comes_later_goes_on_from_its_own_history()
    {
        var shown = await _host.Http.SayAsync(_room, "shown");
        await _host.Http.SayAsync(_room, "1");
        var one = await TabAsync();
        await _host.Http.SayAsync(_room, "2");
        await one.HeardAsync("2");

        var two = await TabAsync(Shared, one, $"room:{_room}@{shown}");
        await _host.Http.SayAsync(_room, "3");

        await one.HeardAsync("2", "3");
        await two.HeardAsync("1", "2", "3");
        (await ConnectionsAsync()).ShouldBe(1);
    }

    [SkippableFact]
    public async Task When_the_leading_tab_closes_the_next_takes_over_and_nothing_is_lost_or_doubled()
    {
        var tabs = new List<Listener> { await TabAsync() };
        for (var i = 0; i < 3; i++) tabs.Add(await TabAsync(beside: tabs[0]));
        var said = new List<string>();
        using var closed = new CancellationTokenSource();
        var speaking = Task.Run(async () =>
        {
            while (!closed.IsCancellationRequested || said.Count < 30)
            {
                said.Add($"{said.Count}");
                await _host.Http.SayAsync(_room, said[^1]);
            }
        });

        foreach (var leader in tabs.Take(3).ToArray())
        {
            await leader.TrueAsync("line.isLeader && line.state.status === 'open' && heard.length > 5");
            await leader.Page.CloseAsync();
            tabs.Remove(leader);
            var heard = await tabs[0].EvaluateAsync<int>("heard.length");
            await tabs[0].TrueAsync($"heard.length > {heard + 10}");
        }

        await closed.CancelAsync();
        await speaking;
        await tabs.ShouldHaveSingleItem().HeardAsync([.. said]);
    }

    [SkippableFact]
    public async Task A_tab_that_sleeps_hands_the_stream_on_and_catches_up_behind_the_other()
    {
        var one = await TabAsync();
        var two = await TabAsync(beside: one);
        await _host.Http.SayAsync(_room, "1");
        await one.HeardAsync("1");
        await two.HeardAsync("1");

        await one.EvaluateAsync("line.pause()");
        await two.TrueAsync("line.isLeader && line.state.status === 'open'");
        await _host.Http.SayAsync(_room, "2");
        await two.HeardAsync("1", "2");
        await one.EvaluateAsync("line.resume()");
        await one.OpenAsync();
        await _host.Http.SayAsync(_room, "3");

        await one.HeardAsync("1", "2", "3");
        await two.HeardAsync("1", "2", "3");
        (await one.EvaluateAsync<bool>("line.isLeader")).ShouldBeFalse();
    }

    [SkippableFact]
    public async Task A_leader_that_says_nothing_any_more_is_replaced()
    {
        var one = await TabAsync();
        var page = await one.Page.Context.NewPageAsync();
        await page.Clock.InstallAsync();
        var two = await Listener.OpenAsync(page, _host.Address, Options(Shared));
        await two.OpenAsync();
        await _host.Http.SayAsync(_room, "1");
        await two.HeardAsync("1");

        // The channel falls silent, as that of a tab that hangs.
        await one.EvaluateAsync("BroadcastChannel.prototype.postMessage = () => {}");
        await page.Clock.FastForwardAsync(100_000);
        await two.TrueAsync("line.isLeader && line.state.status === 'open'");
        await _host.Http.SayAsync(_room, "2");

        await two.HeardAsync("1", "2");
        await one.TrueAsync("!line.isLeader");
    }

    [SkippableFact]
    public async Task Tabs_of_two_users_do_not_share()
    {
        var ada = await TabAsync();
        var bob = await Listener.OpenAsync(await ada.Page.Context.NewPageAsync(), _host.Address, $"{{ ...{Options(Shared)}, query: {{ as: 'bob' }} }}");
        await bob.OpenAsync();

        (await bob.EvaluateAsync<string>("line.user.id")).ShouldBe("bob");
        (await ConnectionsAsync()).ShouldBe(2);
    }

    [SkippableTheory]
    [InlineData("Object.defineProperty(navigator, 'locks', { value: undefined })")]
    [InlineData("delete window.BroadcastChannel")]
    public async Task Without_locks_or_channels_each_tab_has_a_stream(string without)
    {
        var page = await chromium.OpenWindowAsync();
        await page.Context.AddInitScriptAsync(without);
        var one = await Listener.OpenAsync(page, _host.Address, Options(Shared));
        var two = await Listener.OpenAsync(await page.Context.NewPageAsync(), _host.Address, Options(Shared));
        await one.OpenAsync();
        await two.OpenAsync();

        await _host.Http.SayAsync(_room, "to both");

        await one.HeardAsync("to both");
        await two.HeardAsync("to both");
        (await ConnectionsAsync()).ShouldBe(2);
    }

    [SkippableFact]
    public async Task A_closed_tabs_topics_are_left()
    {
        var one = await TabAsync();
        var two = await TabAsync(Shared, one, "room:other");
        await one.TrueAsync("welcomes.at(-1).topics.includes('room:other')");

        await two.Page.CloseAsync();

        await one.TrueAsync("!welcomes.at(-1).topics.includes('room:other')");
    }

    private string Options(string share, params string[] topics) =>
        $"{{ {share}, topics: [{string.Join(", ", (topics.Length > 0 ? topics : [$"room:{_room}"]).Select(topic => $"'{topic}'"))}] }}";

    /// <summary>A tab that is open, in the browser's profile of <paramref name="beside"/>.</summary>
    private async Task<Listener> TabAsync(string share = Shared, Listener? beside = null, params string[] topics)
    {
        var page = beside is null ? await chromium.OpenWindowAsync() : await beside.Page.Context.NewPageAsync();
        var tab = await Listener.OpenAsync(page, _host.Address, Options(share, topics));
        await tab.OpenAsync();
        return tab;
    }

    private async Task<int> ConnectionsAsync()
    {
        using var answer = await _host.Http.GetAsync("/health");
        return (await answer.JsonAsync()).GetProperty("connections").GetInt32();
    }
}
