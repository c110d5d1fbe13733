using System.Collections.Concurrent;
using Microsoft.Playwright;
using Notifier.Tests.Support;
using static Microsoft.Playwright.Assertions;

namespace Notifier.Tests.Browser;

/// <summary>Opens the pages under <c>/examples/</c>, always under a policy that forbids everything inline and foreign.</summary>
internal static class ExampleWindow
{
    private const string Policy = "default-src 'self'";

    private static readonly ConcurrentDictionary<IPage, ConcurrentQueue<string>> Complaints = new();

    /// <summary>A window of its own profile that shows <paramref name="path"/> and is live.</summary>
    public static async Task<IPage> OpenAsync(Chromium chromium, Uri address, string path, BrowserNewContextOptions? options = null)
    {
        var page = await chromium.OpenWindowAsync(options);
        var complaints = Complaints.GetOrAdd(page, _ => new());
        page.PageError += (_, error) => complaints.Enqueue(error);
        page.Console += (_, message) =>
        {
            if (message.Text.Contains("Content Security Policy", StringComparison.Ordinal)) complaints.Enqueue(message.Text);
        };
        await page.RouteAsync("**/examples/*.html*", async route =>
        {
            var answer = await route.FetchAsync();
            await route.FulfillAsync(new() { Response = answer, Headers = new Dictionary<string, string>(answer.Headers) { ["content-security-policy"] = Policy } });
        });
        await page.GotoAsync(new Uri(address, $"/examples/{path}").ToString());

        // Or every request of the page would go by way of the test, and take its time.
        await page.UnrouteAllAsync();
        await LiveAsync(page);
        return page;
    }

    public static Task LiveAsync(IPage page) => Expect(page.Locator("#state")).ToHaveTextAsync("Live", new() { Timeout = 30_000 });

    /// <summary>Fails where the page had an error, or broke the policy.</summary>
    public static void ShouldHaveNoComplaints(params IPage[] pages)
    {
        foreach (var page in pages) Complaints[page].ShouldBeEmpty();
    }

    /// <summary>Saves a picture for people to look at; fails where the page is wider than its window.</summary>
    public static async Task ShootAsync(IPage page, string name)
    {
        await page.ScreenshotAsync(new() { Path = Path.Combine(AppContext.BaseDirectory, "screenshots", $"{name}.png") });
        var overhang = await page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth");
        overhang.ShouldBe(0, name);

        // docs/screenshots is renewed by a run that asks for it.
        var forDocs = Path.Combine(Repository.Root, "docs", "screenshots", $"{name}.png");
        if (Environment.GetEnvironmentVariable("NOTIFIER_SCREENSHOTS") == "1" && File.Exists(forDocs)) await page.ScreenshotAsync(new() { Path = forDocs });
    }
}
