using Microsoft.Playwright;
using Notifier.Tests.Support;
using static Microsoft.Playwright.Assertions;

namespace Notifier.Tests.Browser;

[Collection(BrowserLane.Two)]
public sealed class AdminPageTests(Chromium chromium) : IClassFixture<Chromium>
{
    [SkippableFact]
    public async Task Under_load_every_series_agrees_with_metrics()
    {
        await using var host = NotifierHost.With(("Log:MaxEventsPerTopic", "250"));
        var firstId = await host.Http.SayAsync("trimmed", "first");
        for (var i = 0; i < 300; i++) await host.Http.SayAsync("trimmed", "more");
        var (page, problems) = await SignInAsync(host);
        await Expect(page.Locator("#state")).ToHaveTextAsync("live");
        await Expect(page.Locator("#total-published")).ToHaveTextAsync("301");

        var streams = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => host.OpenAsync($"/api/rooms/room-{i % 4}/events?as=user-{i % 10}")));
        var readers = streams.Select(DrainAsync).ToArray();
        var sent = 0;
        while (await page.EvaluateAsync<int>("document.querySelector('[data-chart=events]').chart.data[0].length") < 8)
        {
            for (var i = 0; i < 4 + (sent % 17); i++) await host.Http.SayAsync($"room-{sent++ % 4}", "load");
        }

        await using var gap = await host.OpenAsync("/api/rooms/trimmed/events?as=late", lastEventId: firstId);
        (await gap.ReadAsync()).Event.ShouldBe("gap");
        await using var again = await host.OpenAsync("/api/rooms/trimmed/events?as=late", lastEventId: gap.LastEventId);

        var delivered = (sent * 10) + 250 + 250;
        await Expect(page.Locator("#total-streams")).ToHaveTextAsync("43");
        await Expect(page.Locator("#total-delivered")).ToHaveTextAsync($"{delivered:N0}", new() { Timeout = 10_000 });
        await Expect(page.Locator("#total-gaps")).ToHaveTextAsync("1");
        await Expect(page.Locator("#total-reconnects")).ToHaveTextAsync("2");
        if (Environment.GetEnvironmentVariable("NOTIFIER_SCREENSHOTS") is { } folder) await page.ScreenshotAsync(new() { Path = Path.Combine(folder, "admin.png"), FullPage = true });

        var metrics = await Exposition.FetchAsync(host.Http);
        metrics.Sum("notifier_streams_open").ShouldBe(43);
        foreach (var (id, sum) in new[]
        {
            ("users", metrics["notifier_users_connected"]), ("rooms", metrics.Sum("notifier_rooms_open")), ("published", metrics.Sum("notifier_events_published_total")),
            ("delivered", metrics.Sum("notifier_events_delivered_total")), ("gaps", metrics.Sum("notifier_gaps_total")), ("closed", metrics.Sum("notifier_streams_closed_total")),
        })
        {
            (await page.Locator($"#total-{id}").TextContentAsync())!.Replace(",", "").ShouldBe($"{sum}", id);
        }

        // What is drawn: rates that add up to the counters, and the figures of now.
        (await IntegralAsync(page, "events")).ShouldBe(sent, 1);
        (await IntegralAsync(page, "deliveries")).ShouldBe(delivered, 1);
        (await IntegralAsync(page, "returns", 1)).ShouldBe(2, 0.01);
        (await IntegralAsync(page, "returns", 2)).ShouldBe(1, 0.01);
        (await LastAsync(page, "streams")).ShouldBe(43);
        (await LastAsync(page, "memory")).ShouldBe(metrics["dotnet_process_memory_working_set_bytes"] / (1 << 20), 200);
        var lag = await page.EvaluateAsync<double>("Math.max(...document.querySelector('[data-chart=lag]').chart.data[2].filter(v => v != null))");
        lag.ShouldBeInRange(0.0001, 30_000);
        problems.ShouldBeEmpty();

        foreach (var stream in streams) await stream.DisposeAsync();
        await Task.WhenAll(readers);
    }

    [SkippableFact]
    public async Task It_lists_who_is_there_ends_a_users_streams_by_keyboard_and_says_why_they_closed()
    {
        await using var host = NotifierHost.With();
        var (page, problems) = await SignInAsync(host, new() { ViewportSize = new() { Width = 360, Height = 740 }, ColorScheme = ColorScheme.Dark });
        await using var stream = await host.OpenAsync("/api/rooms/general/events", token: await host.TokenAsync("ada", rooms: ["*"], name: "Ada"));
        await Expect(page.Locator("#users")).ToContainTextAsync("Ada (ada)");
        await Expect(page.Locator("#rooms")).ToContainTextAsync("general");
        (await page.EvaluateAsync<int>("document.documentElement.scrollWidth")).ShouldBeLessThanOrEqualTo(360);
        if (Environment.GetEnvironmentVariable("NOTIFIER_SCREENSHOTS") is { } folder) await page.ScreenshotAsync(new() { Path = Path.Combine(folder, "admin-360.png"), FullPage = true });

        await page.GetByRole(AriaRole.Button, new() { Name = "End the streams of ada" }).FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("#confirm")).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "End them" }).FocusAsync();
        await page.Keyboard.PressAsync("Enter");

        (await stream.ReadToEndAsync())[^1].Event.ShouldBe("expired");
        await Expect(page.Locator("#closings")).ToContainTextAsync("revoked");
        await Expect(page.Locator("#rooms")).Not.ToContainTextAsync("general");
        problems.ShouldBeEmpty();
    }

    [SkippableFact]
    public async Task Without_the_role_it_shows_nothing_and_outside_development_offers_no_token()
    {
        await using var host = NotifierHost.In("Production", ("Auth:SigningKey", TestTokens.Key));
        var page = await chromium.OpenWindowAsync();
        await page.GotoAsync(new Uri(host.Address, "/admin/").ToString());
        await page.GetByLabel("A token with the role admin").FillAsync(TestTokens.For("bob", roles: ["publisher"]));
        await page.Keyboard.PressAsync("Enter");

        await Expect(page.Locator("#token-error")).ToContainTextAsync("role admin");
        await Expect(page.Locator("#board")).ToBeHiddenAsync();
        await Expect(page.Locator("#development-token")).ToBeHiddenAsync();
        (await page.EvaluateAsync<int>("sessionStorage.length")).ShouldBe(0);
    }

    private static async Task DrainAsync(SseStreamReader stream)
    {
        try
        {
            while (await stream.TryReadAsync() is not null)
            {
                // Read, so that the service can go on writing.
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException or HttpRequestException)
        {
            // Disposed by the test.
        }
    }

    private static Task<double> IntegralAsync(IPage page, string chart, int series = 1) => page.EvaluateAsync<double>(
        "([name, i]) => { const d = document.querySelector(`[data-chart=${name}]`).chart.data; return d[i].reduce((sum, v, k) => sum + (v ?? 0) * (k ? d[0][k] - d[0][k - 1] : 0), 0); }",
        new object[] { chart, series });

    private static Task<double> LastAsync(IPage page, string chart) =>
        page.EvaluateAsync<double>("name => document.querySelector(`[data-chart=${name}]`).chart.data[1].at(-1)", chart);

    private async Task<(IPage Page, List<string> Problems)> SignInAsync(NotifierHost host, BrowserNewContextOptions? options = null)
    {
        var page = await chromium.OpenWindowAsync(options);
        var problems = new List<string>();
        page.PageError += (_, error) => problems.Add(error);
        page.Console += (_, message) =>
        {
            // The look whether tokens are given out is answered 405, which the browser reports.
            if (message.Type == "error" && !message.Text.Contains("405", StringComparison.Ordinal)) problems.Add(message.Text);
        };
        await page.GotoAsync(new Uri(host.Address, "/admin").ToString());
        await page.GetByRole(AriaRole.Button, new() { Name = "Take a development token" }).ClickAsync();
        await Expect(page.Locator("#state")).ToHaveTextAsync("live");
        return (page, problems);
    }
}
