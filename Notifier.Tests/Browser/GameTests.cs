using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Notifier.Tests.Faults;
using Notifier.Tests.Support;
using Xunit.Abstractions;
using static Microsoft.Playwright.Assertions;

namespace Notifier.Tests.Browser;

/// <summary>The example of a small game.</summary>
[Collection(BrowserLane.One)]
public sealed partial class GameTests(NotifierHost host, Chromium chromium, ITestOutputHelper output) : IClassFixture<NotifierHost>, IClassFixture<Chromium>
{
    private readonly string _board = Fresh.Room();

    [SkippableFact]
    public async Task What_one_moves_moves_in_the_other_window_and_who_goes_leaves_the_board()
    {
        await using var brisk = NotifierHost.With(("Presence:GraceSeconds", "0"));
        var ada = await OpenAsync("ada", at: brisk);
        var bob = await OpenAsync("bob", at: brisk);
        await Expect(Piece(ada, "bob")).ToHaveCountAsync(1);

        for (var i = 0; i < 3; i++)
        {
            var before = await PlaceAsync(Piece(ada, "ada"));
            await ada.Keyboard.PressAsync(before.X < 6 ? "d" : "ArrowLeft");
            await Until.TrueAsync("the piece moves", async () => await PlaceAsync(Piece(ada, "ada")) != before);
            var at = await PlaceAsync(Piece(ada, "ada"));
            await Until.TrueAsync("the piece moves in the other window", async () => await PlaceAsync(Piece(bob, "ada")) == at);
        }

        await Expect(bob.Locator("#theirs")).ToContainTextAsync("ms (p50 of");
        await Expect(ada.Locator("#mine")).ToContainTextAsync("ms (p50 of");
        await ada.CloseAsync();
        await Expect(Piece(bob, "ada")).ToHaveCountAsync(0);
        ExampleWindow.ShouldHaveNoComplaints(bob);
    }

    [SkippableFact]
    public async Task A_key_moves_at_once_also_one_that_comes_early_and_the_next_waits_for_its_turn()
    {
        var ada = await OpenAsync("ada");
        var start = await PlaceAsync(Piece(ada, "ada"));

        var moved = await ada.EvaluateAsync<bool[]>("""
            () => {
              const board = document.getElementById("board");
              const column = () => Number(board.querySelector(".own").style.getPropertyValue("--x"));
              const key = column() < 6 ? "ArrowRight" : "ArrowLeft";
              return [1, 2, 3].map(() => {
                const before = column();
                for (const type of ["keydown", "keyup"]) board.dispatchEvent(new KeyboardEvent(type, { key }));
                return column() !== before;
              });
            }
            """);

        moved.ShouldBe([true, true, false]);
        await Until.TrueAsync("the third has its turn", async () => Math.Abs((await PlaceAsync(Piece(ada, "ada"))).X - start.X) == 3);
    }

    [SkippableFact]
    public async Task A_coin_counts_for_who_takes_it_in_every_window_also_in_one_that_opens_later()
    {
        var ada = await OpenAsync("ada");
        var bob = await OpenAsync("bob");

        await WalkToCoinAsync(ada, "ada");

        foreach (var page in new[] { ada, bob, await OpenAsync("eve") }) await Expect(page.Locator("#scores li")).ToHaveTextAsync(["ada1"]);
        await Until.TrueAsync("the next coin is at one place for all", async () => await PlaceAsync(ada.Locator(".coin")) == await PlaceAsync(bob.Locator(".coin")));
    }

    [SkippableFact]
    public async Task Of_two_who_take_the_same_coin_the_first_has_it()
    {
        var ada = await OpenAsync("ada");
        var bob = await OpenAsync("bob");
        var mayGo = new TaskCompletionSource();
        var refused = new TaskCompletionSource<int>();
        await ada.RouteAsync("**/events?*", async route =>
        {
            if (route.Request.PostData?.Contains("game:score", StringComparison.Ordinal) is not true)
            {
                await route.ContinueAsync();
                return;
            }

            await mayGo.Task;
            var answer = await route.FetchAsync();
            await route.FulfillAsync(new() { Response = answer });
            refused.TrySetResult(answer.Status);
        });

        await WalkToCoinAsync(ada, "ada", expectsNext: false);
        await WalkToCoinAsync(bob, "bob");
        mayGo.SetResult();

        (await refused.Task.WaitAsync(TimeSpan.FromSeconds(10))).ShouldBe(412);
        await Expect(ada.Locator("#scores li")).ToHaveTextAsync(["bob1"]);
        await Expect(bob.Locator("#scores li")).ToHaveTextAsync(["bob1"]);
        await Expect(ada.Locator("#error")).ToBeEmptyAsync();
    }

    [SkippableFact]
    public async Task A_ninth_watches()
    {
        for (var i = 1; i <= 8; i++) await OpenAsync($"player-{i}");
        var ninth = await OpenAsync("ninth");

        await Expect(ninth.GetByText("8 play already: you watch.")).ToBeVisibleAsync();
        await Expect(Piece(ninth, "ninth")).ToHaveCountAsync(0);
        await Expect(ninth.Locator(".piece")).ToHaveCountAsync(8);
    }

    /// <summary>Every move of the eight arrives, by each window's own measure; how fast is asserted where nothing else runs, with <c>NOTIFIER_NIGHTLY=1</c>.</summary>
    [SkippableFact]
    public async Task Eight_play_at_ten_moves_a_second_each()
    {
        var pages = new List<IPage>();

        // As large as eight windows are that one screen shows.
        for (var i = 1; i <= 8; i++) pages.Add(await OpenAsync($"player-{i}", new() { ViewportSize = new() { Width = 480, Height = 540 } }));
        foreach (var page in pages)
        {
            await Expect(page.Locator(".piece")).ToHaveCountAsync(8);
            await page.EvaluateAsync("""
                () => {
                  const press = (type, key) => document.getElementById("board").dispatchEvent(new KeyboardEvent(type, { key }));
                  let count = 0;
                  setInterval(() => {
                    const key = ["ArrowLeft", "ArrowUp", "ArrowRight", "ArrowDown"][count++ % 4];
                    press("keydown", key);
                    press("keyup", key);
                  }, 100);
                }
                """);
        }

        // At night what is asserted is the newest 200 of each, twenty seconds on: the first ones tell how long a service and eight windows take to start.
        foreach (var page in Nightly.IsOn ? pages : []) await Expect(page.Locator("#mine")).ToContainTextAsync("p50 of 200", new() { Timeout = 90_000 });

        var medians = new List<double>();
        foreach (var page in pages)
        {
            await Expect(page.Locator("#theirs")).ToContainTextAsync("p50 of 200", new() { Timeout = 90_000 });
            var median = double.Parse(Milliseconds().Match((await page.Locator("#theirs").TextContentAsync())!).Value, CultureInfo.InvariantCulture);
            medians.Add(median);
            output.WriteLine($"Another's key to this window: {await page.Locator("#theirs").TextContentAsync()}; one's own and back: {await page.Locator("#mine").TextContentAsync()}");
        }

        foreach (var page in pages) await Expect(page.Locator("#error")).ToBeEmptyAsync();
        if (Nightly.IsOn) medians.Max().ShouldBeLessThan(30);
    }

    [SkippableTheory]
    [InlineData("game", 1280, 800, ColorScheme.Light)]
    [InlineData("game-phone-dark", 360, 740, ColorScheme.Dark)]
    public async Task The_page_fits_its_window(string name, int width, int height, ColorScheme scheme)
    {
        var ada = await OpenAsync("ada", new() { ViewportSize = new() { Width = width, Height = height }, ColorScheme = scheme });
        var bob = await OpenAsync("bob");
        await OpenAsync("eve");
        await WalkToCoinAsync(ada, "ada");
        await WalkToCoinAsync(bob, "bob");
        await WalkToCoinAsync(ada, "ada");
        await Expect(ada.Locator("#scores li")).ToHaveCountAsync(2);
        await Expect(ada.Locator(".piece")).ToHaveCountAsync(3);

        await ExampleWindow.ShootAsync(ada, $"example-{name}");
        ExampleWindow.ShouldHaveNoComplaints(ada, bob);
    }

    private static ILocator Piece(IPage page, string user) => page.Locator($".piece[data-user='{user}']");

    private static async Task<(int X, int Y)> PlaceAsync(ILocator thing)
    {
        var place = await thing.EvaluateAsync<int[]>("thing => [thing.style.getPropertyValue('--x'), thing.style.getPropertyValue('--y')].map(Number)");
        return (place[0], place[1]);
    }

    private static async Task WalkToCoinAsync(IPage page, string user, bool expectsNext = true)
    {
        var coin = await PlaceAsync(page.Locator(".coin"));
        for (var at = await PlaceAsync(Piece(page, user)); at != coin;)
        {
            var key = at.X < coin.X ? "ArrowRight" : at.X > coin.X ? "ArrowLeft" : at.Y < coin.Y ? "ArrowDown" : "ArrowUp";
            var before = at;
            await page.Keyboard.PressAsync(key);
            await Until.TrueAsync("the piece moves", async () => (at = await PlaceAsync(Piece(page, user))) != before);
        }

        if (expectsNext) await Until.TrueAsync("the next coin is there", async () => await PlaceAsync(page.Locator(".coin")) != coin);
    }

    [GeneratedRegex("^[0-9.]+")]
    private static partial Regex Milliseconds();

    private async Task<IPage> OpenAsync(string user, BrowserNewContextOptions? options = null, NotifierHost? at = null)
    {
        var page = await ExampleWindow.OpenAsync(chromium, (at ?? host).Address, $"game.html?as={user}&board={_board}", options);
        await Expect(page.Locator(".coin")).ToHaveCountAsync(1);
        return page;
    }
}
