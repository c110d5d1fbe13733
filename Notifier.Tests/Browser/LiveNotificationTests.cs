using Microsoft.Playwright;
using Notifier.Tests.Support;
using static Microsoft.Playwright.Assertions;

namespace Notifier.Tests.Browser;

/// <summary>The example of live notifications.</summary>
[Collection(BrowserLane.One)]
public sealed class LiveNotificationTests(Chromium chromium) : IClassFixture<Chromium>, IAsyncLifetime
{
    // Of its own for each test: `all` is one topic for everybody.
    private readonly NotifierHost _host = NotifierHost.With();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [SkippableFact]
    public async Task A_post_is_told_on_both_devices_and_read_on_both_once_it_is_on_one()
    {
        var (ada, laptop, phone) = (await OpenAsync("ada"), await OpenAsync("bob"), await OpenAsync("bob"));
        await Expect(ada.Locator("#here")).ToHaveTextAsync("Here now: ada, bob");

        await PublishAsync(ada, "On compilers");
        foreach (var device in new[] { laptop, phone })
        {
            await Expect(device.Locator(".toast")).ToHaveTextAsync("New post by ada On compilers");
            await Expect(device.Locator("#unread")).ToHaveTextAsync("1");
            await Expect(device.Locator("#inbox .new")).ToHaveCountAsync(1);
            await Expect(device).ToHaveTitleAsync("(1) Live notifications · Notifier");
        }

        await Expect(ada.Locator("#posts .text")).ToHaveTextAsync(["On compilers"]);
        await Expect(ada.Locator("#unread")).ToBeHiddenAsync();
        await laptop.GetByRole(AriaRole.Button, new() { Name = "Mark all as read" }).ClickAsync();
        foreach (var device in new[] { laptop, phone })
        {
            await Expect(device.Locator("#unread")).ToBeHiddenAsync();
            await Expect(device.Locator("#inbox .new")).ToHaveCountAsync(0);
            await Expect(device).ToHaveTitleAsync("Live notifications · Notifier");
        }

        ExampleWindow.ShouldHaveNoComplaints(ada, laptop, phone);
    }

    [SkippableFact]
    public async Task Posts_are_created_changed_and_deleted_in_every_window_also_in_one_that_opens_later()
    {
        var (ada, bob) = (await OpenAsync("ada"), await OpenAsync("bob"));
        await PublishAsync(ada, "On compilers");
        await PublishAsync(bob, "<b>On looms</b>");
        await Expect(Posts(bob)).ToHaveTextAsync(["<b>On looms</b>", "On compilers"]);

        await bob.GetByRole(AriaRole.Button, new() { Name = "Edit On compilers" }).FocusAsync();
        await bob.Keyboard.PressAsync("Enter");
        await Expect(bob.GetByLabel("Post", new() { Exact = true })).ToBeFocusedAsync();
        await bob.Keyboard.PressAsync("End");
        await bob.Keyboard.TypeAsync(", again");
        await bob.Keyboard.PressAsync("Enter");
        await Expect(Posts(ada)).ToHaveTextAsync(["<b>On looms</b>", "On compilers, again"]);
        await ada.GetByRole(AriaRole.Button, new() { Name = "Delete <b>On looms</b>" }).FocusAsync();
        await ada.Keyboard.PressAsync("Enter");

        foreach (var page in new[] { ada, bob, await OpenAsync("eve") }) await Expect(Posts(page)).ToHaveTextAsync(["On compilers, again"]);
        await Expect(ada.Locator("#unread")).ToHaveTextAsync("2");
    }

    [SkippableTheory]
    [InlineData("notifications", 1280, 800, ColorScheme.Light)]
    [InlineData("notifications-phone-dark", 360, 740, ColorScheme.Dark)]
    public async Task The_page_fits_its_window(string name, int width, int height, ColorScheme scheme)
    {
        var bob = await OpenAsync("bob", new() { ViewportSize = new() { Width = width, Height = height }, ColorScheme = scheme });
        var ada = await OpenAsync("ada");
        await PublishAsync(ada, "On compilers, and what they can tell about the people who wrote them");
        await Expect(bob.Locator("#unread")).ToHaveTextAsync("1");
        await bob.GetByRole(AriaRole.Button, new() { Name = "Mark all as read" }).ClickAsync();
        await Expect(bob.Locator("#unread")).ToBeHiddenAsync();
        await PublishAsync(ada, "On looms");
        await Expect(bob.Locator("#unread")).ToHaveTextAsync("1");
        await Expect(bob.Locator(".toast").Last).ToContainTextAsync("On looms");

        await ExampleWindow.ShootAsync(bob, $"example-{name}");
    }

    [SkippableTheory]
    [InlineData("notifications.html")]
    [InlineData("document.html")]
    [InlineData("game.html")]
    public async Task A_window_without_a_name_asks_for_one(string example)
    {
        var page = await chromium.OpenWindowAsync(new() { ViewportSize = new() { Width = 360, Height = 740 } });
        await page.GotoAsync(new Uri(_host.Address, "/examples/").ToString());
        await ExampleWindow.ShootAsync(page, "example-index-phone");
        await page.Locator($"a[href='{example}']").ClickAsync();
        await Expect(page.GetByLabel("Your name")).ToBeFocusedAsync();
        await ExampleWindow.ShootAsync(page, $"example-enter-{example}");
        await page.Keyboard.TypeAsync("ada");
        await page.Keyboard.PressAsync("Enter");

        await ExampleWindow.LiveAsync(page);
    }

    private static ILocator Posts(IPage page) => page.Locator("#posts .text");

    private static async Task PublishAsync(IPage page, string title)
    {
        await page.GetByLabel("Post", new() { Exact = true }).FillAsync(title);
        await page.GetByLabel("Post", new() { Exact = true }).PressAsync("Enter");
        await Expect(Posts(page).First).ToHaveTextAsync(title);
    }

    private Task<IPage> OpenAsync(string user, BrowserNewContextOptions? options = null) =>
        ExampleWindow.OpenAsync(chromium, _host.Address, $"notifications.html?as={user}", options);
}
