using Microsoft.Playwright;
using Notifier.Tests.Support;
using static Microsoft.Playwright.Assertions;

namespace Notifier.Tests.Browser;

/// <summary>The page's button that checks the line, with nothing between, and with an nginx that does each of the things that break streams.</summary>
[Collection(BrowserLane.One)]
public sealed class SelfCheckPageTests(Chromium chromium) : IClassFixture<Chromium>, IAsyncLifetime
{
    private const string Well = "proxy_buffering off; proxy_read_timeout 60s;";

    private readonly NotifierHost _host = NotifierHost.With(("Streams:HeartbeatSeconds", "4"), ("Proxy:KnownNetworks", "127.0.0.0/8,::1/128"));

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [SkippableFact]
    public async Task Where_nothing_stands_between_the_page_finds_HTTP_1_alone_to_mention()
    {
        var page = await CheckAsync(_host.Address);

        // Browsers speak HTTP/2 over TLS alone.
        await Expect(page.Locator("#line-findings .bad")).ToHaveCountAsync(1);
        await Expect(page.Locator("#line-findings .bad")).ToContainTextAsync("HTTP/1.1 from this browser");
        await Expect(page.GetByText("Events come as they are sent")).ToBeVisibleAsync();
        await Expect(page.GetByText("A stream that is silent for 4 s stays open")).ToBeVisibleAsync();
    }

    [SkippableTheory]
    [InlineData(Well + "gzip on; gzip_types text/event-stream; gzip_min_length 0; gzip_proxied any;", "Something compresses the stream (gzip)")]
    [InlineData("proxy_buffering off; proxy_read_timeout 2s;", "A silent stream was cut within 4 s")]
    [InlineData(Well + "proxy_hide_header Cache-Control;", "Cache-Control arrives as \"\"")]
    public async Task What_a_proxy_does_to_streams_is_named(string directives, string words)
    {
        await using var nginx = await PlainNginx.StartAsync(_host.Address, directives);

        var page = await CheckAsync(nginx.Address);

        await Expect(page.Locator("#line-findings .bad").Filter(new() { HasText = words })).ToHaveCountAsync(1);
    }

    [SkippableFact]
    public async Task What_passes_an_answer_on_once_it_is_whole_is_named()
    {
        var page = await chromium.OpenWindowAsync();
        await page.RouteAsync("**/api/diagnostics/stream*", async route => await route.FulfillAsync(new() { Response = await route.FetchAsync() }));

        await CheckAsync(page, _host.Address);

        await Expect(page.Locator("#line-findings .bad").Filter(new() { HasText = "Something holds events back" })).ToHaveCountAsync(1);
    }

    [SkippableFact]
    public async Task A_proxy_that_is_not_believed_is_named()
    {
        await using var host = NotifierHost.With(("Streams:HeartbeatSeconds", "1"));
        await using var nginx = await PlainNginx.StartAsync(host.Address, Well + "proxy_set_header X-Forwarded-For $remote_addr;");

        var page = await CheckAsync(nginx.Address);

        await Expect(page.Locator("#line-findings .bad").Filter(new() { HasText = "Proxy:KnownNetworks" })).ToHaveCountAsync(1);
    }

    private async Task<IPage> CheckAsync(Uri address)
    {
        var page = await chromium.OpenWindowAsync();
        await CheckAsync(page, address);
        return page;
    }

    private static async Task CheckAsync(IPage page, Uri address)
    {
        await page.GotoAsync(address.ToString());
        await page.GetByRole(AriaRole.Button, new() { Name = "Check the line to the service" }).ClickAsync();
        await Expect(page.Locator("#line-progress")).ToContainTextAsync("to look at", new() { Timeout = 30_000 });
    }
}
