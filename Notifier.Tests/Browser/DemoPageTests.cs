using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Microsoft.Playwright;
using Notifier.Tests.Support;
using static Microsoft.Playwright.Assertions;

namespace Notifier.Tests.Browser;

[Collection(BrowserLane.Two)]
public sealed class DemoPageTests(NotifierHost host, Chromium chromium) : IClassFixture<NotifierHost>, IClassFixture<Chromium>
{
    [SkippableFact]
    public async Task Two_windows_chat_and_each_shows_every_message_once_and_in_order()
    {
        var room = Fresh.Room();
        var ada = await JoinAsync(host, "ada", room);
        var bob = await JoinAsync(host, "bob", room);

        await SayAsync(ada, "Good morning");
        await Expect(Messages(bob)).ToHaveTextAsync(["Good morning"]);
        await SayAsync(bob, "Morning, Ada");
        await Expect(Messages(ada)).ToHaveTextAsync(["Good morning", "Morning, Ada"]);
        await SayAsync(ada, "<b>Not bold</b> & \"quoted\"");
        await SayAsync(ada, "two\nlines");

        string[] all = ["Good morning", "Morning, Ada", "<b>Not bold</b> & \"quoted\"", "two lines"];
        await Expect(Messages(bob)).ToHaveTextAsync(all);
        await Expect(Messages(ada)).ToHaveTextAsync(all);
        await Expect(Stored(ada)).ToHaveCountAsync(3);
        await Expect(Stored(bob)).ToHaveCountAsync(1);
    }

    [SkippableFact]
    public async Task A_message_stands_at_once_and_is_ticked_when_it_is_stored()
    {
        var room = Fresh.Room();
        var ada = await JoinAsync(host, "ada", room);
        var mayGo = new TaskCompletionSource();
        await ada.RouteAsync("**/messages?*", async route =>
        {
            await mayGo.Task;
            await route.ContinueAsync();
        });

        await SayAsync(ada, "Slowly");

        await Expect(Messages(ada)).ToHaveTextAsync(["Slowly"]);
        await Expect(ada.GetByText("sending")).ToBeVisibleAsync();
        await Expect(Stored(ada)).ToHaveCountAsync(0);
        mayGo.SetResult();
        await Expect(Stored(ada)).ToHaveCountAsync(1);
        await Expect(Messages(ada)).ToHaveTextAsync(["Slowly"]);
    }

    [SkippableFact]
    public async Task A_message_whose_event_comes_before_its_answer_is_not_doubled()
    {
        var room = Fresh.Room();
        var ada = await JoinAsync(host, "ada", room);
        var mayAnswer = new TaskCompletionSource();
        var answered = new TaskCompletionSource();
        await ada.RouteAsync("**/messages?*", async route =>
        {
            var answer = await route.FetchAsync();
            await mayAnswer.Task;
            await route.FulfillAsync(new() { Response = answer });
            answered.SetResult();
        });

        await SayAsync(ada, "First by stream");
        await Expect(Stored(ada)).ToHaveCountAsync(1);
        mayAnswer.SetResult();
        await answered.Task;
        await host.Http.SayAsync(room, "Afterwards");

        await Expect(Messages(ada)).ToHaveTextAsync(["First by stream", "Afterwards"]);
    }

    [SkippableFact]
    public async Task A_message_whose_answer_comes_before_its_event_is_not_doubled()
    {
        var room = Fresh.Room();
        await host.Http.SayAsync(room, "Before");
        var (ada, openStream) = await JoinWithoutStreamAsync("ada", room);

        await SayAsync(ada, "First by answer");
        await Expect(Stored(ada)).ToHaveCountAsync(1);
        openStream.SetResult();
        await Expect(State(ada)).ToHaveTextAsync("Live");
        await host.Http.SayAsync(room, "Afterwards");

        await Expect(Messages(ada)).ToHaveTextAsync(["Before", "First by answer", "Afterwards"]);
    }

    [SkippableFact]
    public async Task A_message_written_between_an_empty_history_and_the_streams_beginning_is_shown()
    {
        var room = Fresh.Room();
        var (ada, openStream) = await JoinWithoutStreamAsync("ada", room);

        await host.Http.SayAsync(room, "In between");
        openStream.SetResult();

        await Expect(Messages(ada)).ToHaveTextAsync(["In between"]);
    }

    [SkippableFact]
    public async Task A_message_that_did_not_get_through_can_be_sent_again_and_is_stored_once()
    {
        var room = Fresh.Room();
        var ada = await JoinAsync(host, "ada", room);
        var bob = await JoinAsync(host, "bob", room);
        await ada.RouteAsync("**/messages?*", route => route.AbortAsync());
        await SayAsync(ada, "Hello?");
        await Expect(ada.GetByText("The service cannot be reached.")).ToBeVisibleAsync(new() { Timeout = 20_000 });

        await ShootAsync(ada, "not-sent");
        await ada.UnrouteAllAsync();
        await ada.GetByRole(AriaRole.Button, new() { Name = "Not sent. Try again" }).ClickAsync();

        await Expect(Stored(ada)).ToHaveCountAsync(1);
        await Expect(Messages(ada)).ToHaveTextAsync(["Hello?"]);
        await Expect(Messages(bob)).ToHaveTextAsync(["Hello?"]);
        await Expect(ada.GetByText("The service cannot be reached.")).ToBeHiddenAsync();
    }

    [SkippableFact]
    public async Task A_lesson_completed_over_HTTP_moves_the_bar_in_both_windows()
    {
        var track = Fresh.Room();
        var ada = await JoinAsync(host, "ada", $"class:{track}");
        var bob = await JoinAsync(host, "bob", $"class:{track}");

        await CompleteAsync(track, "lesson-1", "grace");
        await Expect(Bar(ada, "grace: 1 lesson")).ToHaveJSPropertyAsync("value", 1);
        await CompleteAsync(track, "lesson-2", "grace");

        await Expect(Bar(ada, "grace: 2 lessons")).ToHaveJSPropertyAsync("value", 2);
        await Expect(Bar(bob, "grace: 2 lessons")).ToHaveJSPropertyAsync("value", 2);
        await Expect(bob.GetByText("grace completed lesson-2: 2 lessons")).ToHaveCountAsync(1);
    }

    [SkippableFact]
    public async Task A_lesson_completed_in_a_window_is_told_once_and_a_second_time_changes_nothing()
    {
        var track = Fresh.Room();
        var ada = await JoinAsync(host, "ada", $"class:{track}");
        var bob = await JoinAsync(host, "bob", $"class:{track}");

        await ada.GetByRole(AriaRole.Button, new() { Name = "Complete" }).ClickAsync();
        await Expect(ada.GetByText("Completed lesson-1.")).ToBeVisibleAsync();
        await ada.GetByRole(AriaRole.Textbox, new() { Name = "Lesson" }).FillAsync("lesson-1");
        await ada.GetByRole(AriaRole.Button, new() { Name = "Complete" }).ClickAsync();
        await Expect(ada.GetByText("You had completed lesson-1 at")).ToBeVisibleAsync();

        await Expect(Bar(bob, "ada: 1 lesson")).ToHaveJSPropertyAsync("value", 1);
        await Expect(ada.GetByText("ada completed lesson-1: 1 lesson")).ToHaveCountAsync(1);
    }

    [SkippableFact]
    public async Task A_window_whose_stream_ends_again_and_again_misses_nothing()
    {
        await using var shortLived = NotifierHost.With(("Streams:MaxAge", "00:00:02"), ("Streams:RetryMs", "200"));
        var room = Fresh.Room();
        var said = new List<string> { "message 0" };
        await shortLived.Http.SayAsync(room, said[0]);
        var ada = await chromium.OpenWindowAsync();
        var streams = 0;
        ada.Request += (_, request) =>
        {
            if (request.Url.Contains("/api/events", StringComparison.Ordinal)) Interlocked.Increment(ref streams);
        };
        await JoinAsync(shortLived, ada, "ada", room);

        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (Volatile.Read(ref streams) < 4)
        {
            deadline.Token.ThrowIfCancellationRequested();
            for (var i = 0; i < 2; i++)
            {
                said.Add($"message {said.Count}");
                await shortLived.Http.SayAsync(room, said[^1]);
            }

            await Expect(Messages(ada).Last).ToHaveTextAsync(said[^1]);
        }

        await Expect(Messages(ada)).ToHaveTextAsync(said);
        await Expect(State(ada)).ToHaveTextAsync("Live");
    }

    [SkippableFact]
    public async Task A_window_that_the_browser_gave_up_on_comes_back_by_itself_with_what_it_missed()
    {
        await using var shortLived = NotifierHost.With(("Streams:MaxAge", "00:00:01"), ("Streams:RetryMs", "100"));
        var room = Fresh.Room();
        await shortLived.Http.SayAsync(room, "before");
        var ada = await JoinAsync(shortLived, "ada", room);

        await ada.RouteAsync("**/api/events?*", route => route.FulfillAsync(new() { Status = 502, Body = "a proxy's page" }));
        await Expect(State(ada)).ToHaveTextAsync("Coming back");
        await Expect(ada.Locator("#countdown")).ToContainTextAsync("in ");
        await ShootAsync(ada, "coming-back");
        await shortLived.Http.SayAsync(room, "meanwhile");
        var resumed = ada.WaitForResponseAsync(response => response.Ok && response.Url.Contains("lastEventId=", StringComparison.Ordinal));
        await ada.UnrouteAllAsync();

        await resumed;
        await Expect(Messages(ada)).ToHaveTextAsync(["before", "meanwhile"], new() { Timeout = 15_000 });
        await Expect(State(ada)).ToHaveTextAsync("Live");
    }

    [SkippableFact]
    public async Task A_window_that_is_turned_away_says_why_and_comes_in_when_there_is_room()
    {
        await using var small = NotifierHost.With(("Streams:MaxPerUser", "1"), ("Streams:RetryMs", "1000"));
        var room = Fresh.Room();
        var first = await JoinAsync(small, "ada", room);
        var second = await chromium.OpenWindowAsync();

        await second.GotoAsync(new Uri(small.Address, $"/?as=ada&room={room}").ToString());
        await Expect(State(second)).ToHaveTextAsync("You have too many windows open. Coming back");
        await first.CloseAsync();

        await Expect(State(second)).ToHaveTextAsync("Live", new() { Timeout = 15_000 });
    }

    [SkippableFact]
    public async Task A_window_says_that_it_missed_some_where_the_log_no_longer_holds_them()
    {
        await using var forgetful = NotifierHost.With(("Streams:MaxAge", "00:00:01"), ("Streams:RetryMs", "100"), ("Log:MaxEventsPerTopic", "3"));
        var room = Fresh.Room();
        await forgetful.Http.SayAsync(room, "seen");
        var ada = await JoinAsync(forgetful, "ada", room);

        await ada.RouteAsync("**/api/events?*", route => route.FulfillAsync(new() { Status = 502 }));
        await Expect(State(ada)).ToHaveTextAsync("Coming back");
        for (var i = 1; i <= 10; i++) await forgetful.Http.SayAsync(room, $"missed {i}");
        await ada.UnrouteAllAsync();

        await Expect(State(ada)).ToHaveTextAsync("Live, missed some", new() { Timeout = 15_000 });
        await Expect(ada.GetByText("You were away longer than events are kept")).ToHaveCountAsync(1);
        await Expect(Messages(ada)).ToHaveTextAsync(["seen", "missed 8", "missed 9", "missed 10"]);
        await ShootAsync(ada, "missed-some");
    }

    [SkippableFact]
    public async Task What_is_for_one_user_is_in_the_inbox_and_what_is_for_all_in_every_room()
    {
        var (room, me) = (Fresh.Room(), Fresh.User());
        var ada = await JoinAsync(host, me, room);
        var bob = await JoinAsync(host, "bob", room);

        await PostAsync($"/api/users/{me}/messages?as=grace", """{"text":"Between us"}""");
        await PostAsync($"/api/users/{me}/notifications?as=grace", """{"title":"New post","message":"On compilers"}""");
        await PostAsync($"/api/rooms/{room}/events?as=grace", """{"type":"doc:update","data":{"version":7}}""");
        await PostAsync("/api/broadcast?as=grace", $$$"""{"type":"announcement","data":{"text":"Noon {{{room}}}"}}""");

        await Expect(ada.GetByText("""grace {"version":7}""")).ToBeVisibleAsync();
        await Expect(ada.GetByText($"grace Noon {room}")).ToBeVisibleAsync();
        await Expect(bob.GetByText($"grace Noon {room}")).ToBeVisibleAsync();
        await Expect(InboxBadge(ada)).ToHaveTextAsync("2");
        await Expect(InboxBadge(bob)).ToBeHiddenAsync();
        await OpenInboxAsync(ada);
        await Expect(ada.Locator("#letters .text")).ToHaveTextAsync(["New post On compilers", "Between us"]);
    }

    [SkippableFact]
    public async Task Letters_reach_both_ends_and_reading_them_is_one_state_for_all_windows()
    {
        var (room, me, friend) = (Fresh.Room(), Fresh.User(), Fresh.User());
        var ada = await JoinAsync(host, me, room);
        var phone = await JoinAsync(host, me, room);
        var bob = await JoinAsync(host, friend, room);

        await OpenInboxAsync(bob);
        await bob.GetByLabel("To", new() { Exact = true }).FillAsync(me);
        await bob.GetByLabel("Private message", new() { Exact = true }).FillAsync("Lunch?");
        await bob.GetByLabel("Private message", new() { Exact = true }).PressAsync("Enter");

        await Expect(bob.Locator("#letters .own .text")).ToHaveTextAsync(["Lunch?"]);
        await Expect(InboxBadge(ada)).ToHaveTextAsync("1");
        await Expect(InboxBadge(phone)).ToHaveTextAsync("1");
        await OpenInboxAsync(ada);
        await Expect(ada.Locator("#letters .new .text")).ToHaveTextAsync(["Lunch?"]);
        await ada.GetByRole(AriaRole.Button, new() { Name = "Mark all as read" }).ClickAsync();
        await Expect(InboxBadge(ada)).ToBeHiddenAsync();
        await Expect(InboxBadge(phone)).ToBeHiddenAsync();
        await Expect(ada.Locator("#letters .new")).ToHaveCountAsync(0);
        await ada.ReloadAsync();
        await Expect(State(ada)).ToHaveTextAsync("Live");
        await OpenInboxAsync(ada);
        await Expect(ada.Locator("#letters .text")).ToHaveTextAsync(["Lunch?"]);
        await Expect(InboxBadge(ada)).ToBeHiddenAsync();
    }

    [SkippableFact]
    public async Task Two_windows_see_each_other_come_type_and_go()
    {
        await using var brisk = NotifierHost.With(("Presence:GraceSeconds", "0"));
        var room = Fresh.Room();
        var ada = await JoinAsync(brisk, "ada", room);
        await Expect(Members(ada)).ToHaveTextAsync(["ada"]);
        var bob = await JoinAsync(brisk, "bob", room);
        await Expect(Members(ada)).ToHaveTextAsync(["ada", "bob"]);
        await Expect(Members(bob)).ToHaveTextAsync(["ada", "bob"]);

        await bob.GetByLabel("Message", new() { Exact = true }).PressSequentiallyAsync("So");
        await Expect(ada.GetByText("bob is typing…")).ToBeVisibleAsync();
        await Expect(bob.GetByText("is typing…")).ToHaveCountAsync(0);
        await bob.GetByLabel("Message", new() { Exact = true }).PressAsync("Enter");
        await Expect(ada.GetByText("bob is typing…")).ToHaveCountAsync(0);

        await bob.CloseAsync();
        await Expect(Members(ada)).ToHaveTextAsync(["ada"]);
    }

    [SkippableFact]
    public async Task A_line_that_is_cut_shows_what_it_missed_when_it_is_let_go()
    {
        var room = Fresh.Room();
        var ada = await JoinAsync(host, "ada", room);
        await Expect(ada.Locator("#connection")).ToHaveTextAsync(new System.Text.RegularExpressions.Regex("^[0-9a-f]{16}$"));

        await ada.GetByRole(AriaRole.Button, new() { Name = "Cut the line" }).ClickAsync();
        await Expect(State(ada)).ToHaveTextAsync("Line cut");
        await host.Http.SayAsync(room, "meanwhile");
        await SayAsync(ada, "one can send all the same");
        await Expect(Stored(ada)).ToHaveCountAsync(1);
        await Expect(Messages(ada)).ToHaveTextAsync(["one can send all the same"]);
        await ada.GetByRole(AriaRole.Button, new() { Name = "Cut the line" }).ClickAsync();

        await Expect(Messages(ada)).ToHaveTextAsync(["meanwhile", "one can send all the same"]);
        await Expect(State(ada)).ToHaveTextAsync("Live");
    }

    [SkippableFact]
    public async Task Rooms_are_joined_and_left_by_keyboard_and_count_what_is_unread()
    {
        var (one, two) = (Fresh.Room(), Fresh.Room());
        await host.Http.SayAsync(two, "history");
        var ada = await JoinAsync(host, "ada", one);

        await ada.Locator("#joiner summary").FocusAsync();
        await ada.Keyboard.PressAsync("Enter");
        await Expect(ada.GetByLabel("Room or class to join")).ToBeFocusedAsync();
        await ada.Keyboard.TypeAsync(two);
        await ada.Keyboard.PressAsync("Enter");
        await Expect(ada.GetByRole(AriaRole.Heading, new() { Name = two })).ToBeVisibleAsync();
        await Expect(ada.GetByLabel("Message", new() { Exact = true })).ToBeFocusedAsync();
        await host.Http.SayAsync(two, "live");
        await Expect(Messages(ada)).ToHaveTextAsync(["history", "live"]);
        await host.Http.SayAsync(one, "elsewhere");
        await Expect(ada.Locator("#places .place").Filter(new() { HasText = one }).Locator(".badge")).ToHaveTextAsync("1");
        ada.Url.ShouldEndWith($"?as=ada&room={one}&room={two}");

        await ada.GetByRole(AriaRole.Button, new() { Name = "Leave" }).FocusAsync();
        await ada.Keyboard.PressAsync("Enter");
        await Expect(Messages(ada)).ToHaveTextAsync(["elsewhere"]);
        await Expect(ada.Locator("#places .place")).ToHaveCountAsync(2);
    }

    [SkippableFact]
    public async Task Older_messages_are_shown_when_they_are_asked_for()
    {
        var room = Fresh.Room();
        for (var i = 1; i <= 130; i++) await PostAsync("/api/publish?as=grace", JsonSerializer.Serialize(new { topics = new[] { $"room:{room}" }, type = "message", data = new { text = $"{i}" } }));
        var ada = await JoinAsync(host, "ada", room);
        await Expect(Messages(ada)).ToHaveCountAsync(100);
        await Expect(Messages(ada).First).ToHaveTextAsync("31");

        await ada.GetByRole(AriaRole.Button, new() { Name = "Show older" }).ClickAsync();

        await Expect(Messages(ada)).ToHaveTextAsync([.. Enumerable.Range(1, 130).Select(i => $"{i}")]);
        await Expect(ada.GetByRole(AriaRole.Button, new() { Name = "Show older" })).ToBeHiddenAsync();
    }

    [SkippableFact]
    public async Task Seven_windows_of_one_browser_do_not_run_into_its_limit_of_connections()
    {
        var room = Fresh.Room();
        var first = await JoinAsync(host, "ada", room);
        var pages = new List<IPage> { first };
        for (var i = 0; i < 6; i++)
        {
            pages.Add(await first.Context.NewPageAsync());
            await JoinAsync(host, pages[^1], "ada", room);
        }

        await SayAsync(pages[^1], "to seven windows");

        foreach (var page in pages) await Expect(Messages(page)).ToHaveTextAsync(["to seven windows"]);
    }

    [SkippableFact]
    public async Task An_error_stands_in_words_at_the_field_that_it_is_about()
    {
        var ada = await chromium.OpenWindowAsync();
        await ada.GotoAsync(host.Address.ToString());
        await ada.GetByLabel("Your name").FillAsync("ada");
        await ada.GetByLabel("Its name").FillAsync("not a name!");
        await ada.GetByRole(AriaRole.Button, new() { Name = "Join" }).ClickAsync();

        await Expect(ada.GetByLabel("Its name")).ToHaveAccessibleDescriptionAsync("Its name takes 1 to 128 characters of A-Z a-z 0-9 . _ ~ : -, the first a letter or a digit.");
        await Expect(ada.GetByLabel("Its name")).ToBeFocusedAsync();
        await Expect(ada.GetByLabel("Its name")).ToHaveValueAsync("not a name!");
        await Expect(ada.GetByLabel("Your name")).ToHaveValueAsync("ada");

        await ada.GetByLabel("Its name").FillAsync(Fresh.Room());
        await ada.GetByLabel("Its name").PressAsync("Enter");
        await Expect(State(ada)).ToHaveTextAsync("Live");
        await SayAsync(ada, new string('x', 4001));
        await Expect(ada.GetByLabel("Message", new() { Exact = true })).ToHaveAccessibleDescriptionAsync("Message takes 1 to 4000 characters.");
        await Expect(Messages(ada)).ToHaveCountAsync(0);
    }

    [SkippableFact]
    public async Task The_page_runs_under_a_policy_that_forbids_everything_inline_and_foreign()
    {
        var ada = await chromium.OpenWindowAsync();
        var complaints = new ConcurrentQueue<string>();
        ada.Console += (_, message) => complaints.Enqueue(message.Text);
        ada.PageError += (_, error) => complaints.Enqueue(error);
        await ada.RouteAsync("**/?as=*", async route =>
        {
            var answer = await route.FetchAsync();
            var headers = new Dictionary<string, string>(answer.Headers) { ["content-security-policy"] = "default-src 'self'" };
            await route.FulfillAsync(new() { Response = answer, Headers = headers });
        });

        await JoinAsync(host, ada, "ada", $"class:{Fresh.Room()}");
        await SayAsync(ada, "Within bounds");
        await Expect(Stored(ada)).ToHaveCountAsync(1);

        complaints.ShouldBeEmpty();
    }

    [SkippableTheory]
    [InlineData("desktop-light", "algebra", "ada", 1280, 800, ColorScheme.Light)]
    [InlineData("desktop-dark", "geometry", "emmy", 1280, 800, ColorScheme.Dark)]
    [InlineData("phone-light", "logic", "kurt", 360, 740, ColorScheme.Light)]
    [InlineData("phone-dark", "calculus", "sofia", 360, 740, ColorScheme.Dark)]
    public async Task The_page_fits_its_window(string name, string track, string me, int width, int height, ColorScheme scheme)
    {
        var room = Fresh.Room();
        await PostAsync($"/api/rooms/class:{track}/messages?as=grace", """{"text":"Has anyone finished the second exercise? I get 7, and the book says 9."}""");
        await PostAsync($"/api/rooms/class:{track}/messages?as=bob", """{"text":"Same here."}""");
        await PostAsync($"/api/rooms/class:{track}/messages?as=bob", """{"text":"I think the book forgot to carry the 2."}""");
        foreach (var (lesson, learner) in new[] { ("lesson-1", "bob"), ("lesson-1", "grace"), ("lesson-2", "grace"), ("lesson-3", "grace") })
        {
            await CompleteAsync(track, lesson, learner);
        }

        var ada = await chromium.OpenWindowAsync(new() { ViewportSize = new() { Width = width, Height = height }, ColorScheme = scheme });
        await ada.GotoAsync(new Uri(host.Address, $"/?as={me}").ToString());
        await ShootAsync(ada, $"start-{name}");
        await ada.GotoAsync(new Uri(host.Address, $"/?as={me}&room=not%20a%20name!").ToString());
        await Expect(ada.Locator("#room-error")).ToBeVisibleAsync();
        await ShootAsync(ada, $"error-{name}");
        await JoinAsync(host, ada, me, $"empty-{track}");
        await ShootAsync(ada, $"empty-{name}");

        await JoinAsync(host, ada, me, $"class:{track}");
        await SayAsync(ada, "It did: page 41 has the erratum.");
        await ada.GetByRole(AriaRole.Button, new() { Name = "Complete" }).ClickAsync();
        await Expect(ada.GetByText($"{me} completed lesson-1: 1 lesson")).ToBeVisibleAsync();
        await PostAsync($"/api/users/{me}/messages?as=grace", """{"text":"Thank you! Shall we do the third together?"}""");
        await PostAsync($"/api/users/{me}/notifications?as=grace", """{"title":"New post","message":"Grace wrote about compilers"}""");
        await PostAsync("/api/broadcast?as=office", """{"type":"announcement","data":{"text":"Maintenance at noon"}}""");
        await Expect(ada.GetByText("office Maintenance at noon")).ToBeVisibleAsync();
        await using var bob = await host.OpenAsync($"/api/rooms/class:{track}/events?as=bob");
        await using var grace = await host.OpenAsync($"/api/rooms/class:{track}/events?as=grace");
        using var typing = await host.Http.PostTextAsync($"/api/rooms/class:{track}/typing?as=grace", """{"typing":true}""");
        await Expect(Members(ada)).ToHaveTextAsync([.. new[] { me, "bob", "grace" }.Order(StringComparer.Ordinal)]);
        await Expect(ada.GetByText("grace is typing…")).ToBeVisibleAsync();
        await ShootAsync(ada, $"class-{name}");
        await OpenInboxAsync(ada);
        await Expect(ada.Locator("#letters")).ToContainTextAsync("Grace wrote about compilers");
        await ShootAsync(ada, $"inbox-{name}");
        await ada.Locator("#places .place").Filter(new() { HasText = track }).ClickAsync();
        if (width > 480)
        {
            await ada.GetByRole(AriaRole.Button, new() { Name = "Send from a terminal" }).ClickAsync();
            await ShootAsync(ada, $"terminal-{name}");
        }

        for (var i = 1; i <= 40; i++)
        {
            var text = i % 7 == 0 ? $"{i}: a longer thought, {string.Join(' ', Enumerable.Repeat("which goes on", 12))} and ends." : $"{i}: a thought";
            await PostAsync($"/api/rooms/{room}/messages?as={(i % 3 == 0 ? "bob" : me)}", JsonSerializer.Serialize(new { text }));
        }

        await JoinAsync(host, ada, me, room);
        await Expect(ada.GetByText("40: a thought")).ToBeInViewportAsync();
        await ShootAsync(ada, $"long-{name}");
    }

    private static ILocator Messages(IPage page) => page.Locator("#entries .bubble .text");

    private static ILocator Members(IPage page) => page.Locator("#members .name");

    private static ILocator InboxBadge(IPage page) => page.Locator("#places .place").First.Locator(".badge");

    private static Task OpenInboxAsync(IPage page) => page.Locator("#places .place").First.ClickAsync();

    private static ILocator Stored(IPage page) => page.GetByRole(AriaRole.Img, new() { Name = "stored" });

    private static ILocator State(IPage page) => page.Locator("#state-words");

    private static ILocator Bar(IPage page, string name) => page.GetByRole(AriaRole.Progressbar, new() { Name = name, Exact = true });

    private static async Task SayAsync(IPage page, string text)
    {
        await page.GetByLabel("Message", new() { Exact = true }).FillAsync(text);
        await page.GetByLabel("Message", new() { Exact = true }).PressAsync("Enter");
    }

    private static async Task JoinAsync(NotifierHost host, IPage page, string user, string room)
    {
        await page.GotoAsync(new Uri(host.Address, $"/?as={user}&room={room}").ToString());
        await Expect(State(page)).ToHaveTextAsync("Live");
    }

    /// <summary>Saves a picture for people to look at; fails where the page is wider than its window.</summary>
    private static async Task ShootAsync(IPage page, string name)
    {
        await page.ScreenshotAsync(new() { Path = Path.Combine(AppContext.BaseDirectory, "screenshots", $"{name}.png") });

        // docs/screenshots is renewed by a run that asks for it.
        var forDocs = Path.Combine(Repository.Root, "docs", "screenshots", $"{name}.png");
        if (Environment.GetEnvironmentVariable("NOTIFIER_SCREENSHOTS") == "1" && File.Exists(forDocs)) await page.ScreenshotAsync(new() { Path = forDocs });
        var overhang = await page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth");
        overhang.ShouldBe(0, name);
    }

    private async Task<IPage> JoinAsync(NotifierHost at, string user, string room)
    {
        var page = await chromium.OpenWindowAsync();
        await JoinAsync(at, page, user, room);
        return page;
    }

    /// <summary>A window that has loaded its history, and whose stream opens when the test says so.</summary>
    private async Task<(IPage Page, TaskCompletionSource OpenStream)> JoinWithoutStreamAsync(string user, string room)
    {
        var page = await chromium.OpenWindowAsync();
        var openStream = new TaskCompletionSource();
        await page.RouteAsync("**/api/events?*", async route =>
        {
            await openStream.Task;
            await route.ContinueAsync();
        });
        await page.GotoAsync(new Uri(host.Address, $"/?as={user}&room={room}").ToString());
        await Expect(page.GetByLabel("Message", new() { Exact = true })).ToBeFocusedAsync();
        return (page, openStream);
    }

    private Task CompleteAsync(string track, string lesson, string learner) =>
        PostAsync($"/api/tracks/{track}/lessons/{lesson}/complete", $$"""{"userId":"{{learner}}"}""");

    private async Task PostAsync(string path, string json)
    {
        using var answer = await host.Http.PostTextAsync(path, json);
        answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
    }
}
