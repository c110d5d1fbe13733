using System.Text.Json;
using Microsoft.Playwright;
using Notifier.Tests.Faults;
using Notifier.Tests.Support;
using static Microsoft.Playwright.Assertions;

namespace Notifier.Tests.Browser;

/// <summary>The example of several people who edit one text.</summary>
[Collection(BrowserLane.Two)]
public sealed class SharedDocumentTests(Chromium chromium) : IClassFixture<Chromium>
{
    private readonly string _doc = Fresh.Room();

    [SkippableFact]
    public async Task Windows_that_edit_at_once_converge_through_a_cut_of_ten_seconds_and_a_restart_of_the_service()
    {
        using var data = new ScratchFolder();
        (string, string)[] settings = [("Log__Path", data.Path), ("Streams__RetryMs", "200"), ("Streams__DrainSeconds", "1")];
        var first = NotifierProcess.Start("Development", settings);
        var address = await first.ListeningAsync();
        var ada = await OpenAsync(address, "ada");
        await using var way = FaultyProxy.Start(address.Port);
        var bob = await OpenAsync(new($"http://127.0.0.1:{way.Port}"), "bob");

        await ada.Keyboard.TypeAsync("Top\n\nBottom");
        await Expect(Text(bob)).ToHaveValueAsync("Top\n\nBottom");
        await bob.Keyboard.PressAsync("Control+End");
        await ada.Keyboard.PressAsync("Control+Home");
        await Task.WhenAll(ada.Keyboard.TypeAsync("Ada writes above. "), bob.Keyboard.TypeAsync(" Bob writes below."));
        await SameAsync("Ada writes above. Top\n\nBottom Bob writes below.", ada, bob);

        await bob.Context.SetOfflineAsync(true);
        way.CutAll();
        await Expect(bob.Locator("#state")).ToHaveTextAsync("Coming back");
        await bob.Keyboard.TypeAsync(" Cut off, and writing on.");
        await ada.Keyboard.TypeAsync("Meanwhile, more. ");
        await Until.LastsAsync(10);
        await Expect(bob.Locator("#saved")).ToHaveTextAsync("Saving…");
        await bob.Context.SetOfflineAsync(false);
        const string All = "Ada writes above. Meanwhile, more. Top\n\nBottom Bob writes below. Cut off, and writing on.";
        await SameAsync(All, ada, bob);

        first.Signal("TERM");
        await first.ExitAsync();
        await ada.Keyboard.TypeAsync("While it was down. ");
        first.Dispose();
        using var second = NotifierProcess.Start("Development", [.. settings, ("ASPNETCORE_URLS", address.ToString())]);
        await second.ListeningAsync();
        await SameAsync(All.Replace("more. ", "more. While it was down. ", StringComparison.Ordinal), ada, bob, await OpenAsync(address, "eve"));
        ExampleWindow.ShouldHaveNoComplaints(ada, bob);
    }

    [SkippableFact]
    public async Task Retention_loses_edits_and_never_the_text()
    {
        await using var host = NotifierHost.With(("Log:MaxEventsPerTopic", "16"));
        var ada = await OpenAsync(host.Address, "ada", "&snapshotEvery=5");
        var bob = await OpenAsync(host.Address, "bob", "&snapshotEvery=5");
        var eve = await OpenAsync(host.Address, "eve", "&snapshotEvery=5");

        await bob.GetByRole(AriaRole.Button, new() { Name = "Cut the line" }).ClickAsync();
        await Text(bob).FocusAsync();
        await bob.Keyboard.TypeAsync("Bob, who was away. ");
        await Task.WhenAll(WriteAsync(ada, "Ada", 20), WriteAsync(eve, "Eve", 20));
        var stored = await HistoryAsync(host);
        stored.Length.ShouldBeLessThan(40);
        stored.Count(e => e.GetProperty("type").GetString() == "doc:update").ShouldBeLessThan(30, "the first edits are gone from the log");
        await bob.GetByRole(AriaRole.Button, new() { Name = "Cut the line" }).ClickAsync();
        var late = await OpenAsync(host.Address, "late");

        await ConvergeAsync(ada, bob, eve, late);
        var text = await Text(late).InputValueAsync();
        text.ShouldContain("Bob, who was away. ");
        for (var i = 1; i <= 20; i++)
        {
            text.ShouldContain($"Ada{i} ");
            text.ShouldContain($"Eve{i} ");
        }
    }

    [SkippableFact]
    public async Task Of_all_windows_one_writes_a_snapshot()
    {
        await using var host = NotifierHost.With();
        var ada = await OpenAsync(host.Address, "ada", "&snapshotEvery=3");
        var bob = await OpenAsync(host.Address, "bob", "&snapshotEvery=3");

        await Task.WhenAll(WriteAsync(ada, "Ada", 15), WriteAsync(bob, "Bob", 15));

        var snapshots = (await HistoryAsync(host)).Where(e => e.GetProperty("type").GetString() == "doc:snapshot").Select(e => e.GetProperty("data")).ToArray();
        snapshots.Length.ShouldBeInRange(3, 10);
        snapshots.Select(s => s.GetProperty("upTo").GetString()).ShouldBeUnique();
    }

    [SkippableFact]
    public async Task A_text_larger_than_an_event_is_kept_in_parts()
    {
        await using var host = NotifierHost.With();
        var ada = await OpenAsync(host.Address, "ada", "&snapshotEvery=2");
        var text = string.Concat(Enumerable.Range(1, 40).Select(i => $"{i}: {new string('x', 1000)} 😀\n"));

        await PasteAsync(ada, text);
        await Expect(ada.Locator("#saved")).ToHaveTextAsync("Saved", new() { Timeout = 30_000 });
        await Until.TrueAsync("a snapshot of several parts is whole", async () => (await HistoryAsync(host)).Any(e =>
            e.GetProperty("data").TryGetProperty("of", out var of) && of.GetInt32() > 1 && e.GetProperty("data").GetProperty("part").GetInt32() == of.GetInt32() - 1));
        var bob = await OpenAsync(host.Address, "bob");

        await Expect(Text(bob)).ToHaveValueAsync(text);
        await PasteAsync(ada, text.Replace("😀", "😁", StringComparison.Ordinal));
        await Expect(Text(bob)).ToHaveValueAsync(text.Replace("😀", "😁", StringComparison.Ordinal), new() { Timeout = 30_000 });
        ExampleWindow.ShouldHaveNoComplaints(ada, bob);
    }

    [SkippableFact]
    public async Task A_log_that_began_anew_gets_the_text_back_from_a_window()
    {
        (string, string)[] settings = [("Log__Path", ""), ("Streams__RetryMs", "200"), ("Streams__DrainSeconds", "0")];
        var first = NotifierProcess.Start("Development", settings);
        var address = await first.ListeningAsync();
        var ada = await OpenAsync(address, "ada");
        await ada.Keyboard.TypeAsync("Still here");
        await Expect(ada.Locator("#saved")).ToHaveTextAsync("Saved");

        first.Signal("KILL");
        await first.ExitAsync();
        first.Dispose();
        using var second = NotifierProcess.Start("Development", [.. settings, ("ASPNETCORE_URLS", address.ToString())]);
        await second.ListeningAsync();
        await ExampleWindow.LiveAsync(ada);

        await Expect(Text(await OpenAsync(address, "bob"))).ToHaveValueAsync("Still here", new() { Timeout = 15_000 });
    }

    [SkippableFact]
    public async Task Each_sees_where_the_others_are_and_takes_back_own_edits_alone()
    {
        await using var host = NotifierHost.With();
        var ada = await OpenAsync(host.Address, "ada");
        var bob = await OpenAsync(host.Address, "bob");
        await ada.Keyboard.TypeAsync("Mine. ");
        await Expect(Text(bob)).ToHaveValueAsync("Mine. ");
        await bob.Keyboard.PressAsync("Control+End");
        await bob.Keyboard.TypeAsync("Yours.");
        await Expect(Text(ada)).ToHaveValueAsync("Mine. Yours.");

        await Expect(ada.Locator(".caret")).ToHaveAttributeAsync("data-name", "bob");
        await Expect(bob.Locator(".caret")).ToHaveAttributeAsync("data-name", "ada");
        (await Text(ada).EvaluateAsync<int>("field => field.selectionStart")).ShouldBe("Mine. ".Length);
        await ada.Keyboard.PressAsync("Control+z");
        await SameAsync("Yours.", ada, bob);
        await ada.Keyboard.PressAsync("Control+Shift+z");
        await SameAsync("Mine. Yours.", ada, bob);
    }

    [SkippableTheory]
    [InlineData("document", 1280, 800, ColorScheme.Light)]
    [InlineData("document-phone-dark", 360, 740, ColorScheme.Dark)]
    public async Task The_page_fits_its_window(string name, int width, int height, ColorScheme scheme)
    {
        await using var host = NotifierHost.With();
        var ada = await OpenAsync(host.Address, "ada", options: new() { ViewportSize = new() { Width = width, Height = height }, ColorScheme = scheme });
        var bob = await OpenAsync(host.Address, "bob");
        var eve = await OpenAsync(host.Address, "eve");
        await ada.Keyboard.InsertTextAsync("Notes of the reading circle\n\nWe meet on Thursday at seven, in the library's small room. Everybody brings a page that they like, and one question about it.\n\nTo read until then: chapter four, from the storm to the letter.");
        foreach (var (page, words) in new[] { (bob, "chapter four"), (eve, "small room") })
        {
            await Expect(Text(page)).ToHaveValueAsync(await Text(ada).InputValueAsync());
            await Text(page).EvaluateAsync("(field, words) => { const at = field.value.indexOf(words) + words.length; field.setSelectionRange(at, at); }", words);
        }

        await Until.TrueAsync("both carets stand where they were put", () => ada.EvaluateAsync<bool>("""
            () => {
              const before = name => document.querySelector(`[data-name=${name}]`)?.previousSibling?.textContent ?? "";
              return before("bob").endsWith("chapter four") && before("eve").endsWith("small room");
            }
            """));
        await ExampleWindow.ShootAsync(ada, $"example-{name}");
        ExampleWindow.ShouldHaveNoComplaints(ada);
    }

    private static ILocator Text(IPage page) => page.GetByLabel("The document");

    /// <summary>What pasting does, without the browser's own time for it.</summary>
    private static async Task PasteAsync(IPage page, string text) =>
        await Text(page).EvaluateAsync("(field, text) => { field.value = text; field.dispatchEvent(new Event('input')); }", text);

    /// <summary>Writes words, each an event of its own.</summary>
    private static async Task WriteAsync(IPage page, string word, int count)
    {
        await Text(page).FocusAsync();
        for (var i = 1; i <= count; i++)
        {
            await page.Keyboard.InsertTextAsync($"{word}{i} ");
            await Expect(page.Locator("#saved")).ToHaveTextAsync("Saved");
        }
    }

    private static async Task SameAsync(string text, params IPage[] pages)
    {
        foreach (var page in pages) await Expect(Text(page)).ToHaveValueAsync(text, new() { Timeout = 30_000 });
    }

    private static Task<TimeSpan> ConvergeAsync(params IPage[] pages) => Until.TrueAsync("all windows show the same text", async () =>
        (await Task.WhenAll(pages.Select(page => Text(page).InputValueAsync()))).Distinct().Count() == 1
        && (await Task.WhenAll(pages.Select(page => page.Locator("#saved").TextContentAsync()))).All(saved => saved is "Saved" or ""));

    private async Task<JsonElement[]> HistoryAsync(NotifierHost host)
    {
        using var answer = await host.Http.GetAsync($"/api/rooms/doc:{_doc}/messages?limit=1000");
        return [.. (await answer.JsonAsync()).GetProperty("events").EnumerateArray()];
    }

    private async Task<IPage> OpenAsync(Uri address, string user, string query = "", BrowserNewContextOptions? options = null)
    {
        var page = await ExampleWindow.OpenAsync(chromium, address, $"document.html?as={user}&doc={_doc}{query}", options);
        await Expect(Text(page)).ToBeFocusedAsync();
        return page;
    }
}
