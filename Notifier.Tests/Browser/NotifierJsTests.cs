using System.Net;
using Notifier.Tests.Faults;
using Notifier.Tests.Support;

namespace Notifier.Tests.Browser;

/// <summary>One tab and its stream: it comes back, misses nothing and is told nothing twice.</summary>
[Collection(BrowserLane.One)]
public sealed class NotifierJsTests(NotifierHost host, Chromium chromium) : IClassFixture<NotifierHost>, IClassFixture<Chromium>
{
    [SkippableFact]
    public async Task It_hears_several_topics_on_one_connection()
    {
        var (room, user) = (Fresh.Room(), Fresh.User());
        var ada = await ListenAsync($"{{ query: {{ as: '{user}' }}, topics: ['room:{room}', 'user:me', 'all'] }}");

        // Each is heard before the next: between topics there is no order.
        await host.Http.SayAsync(room, "to the room");
        await ada.HeardAsync("to the room");
        await PostAsync($"/api/users/{user}/messages?as=bob", """{"text":"to the user"}""");
        await ada.HeardAsync("to the room", "to the user");
        await PostAsync("/api/broadcast", $$$"""{"type":"announcement","data":{"text":"to all {{{room}}}"}}""");

        await ada.HeardAsync("to the room", "to the user", $"to all {room}");
        (await ada.EvaluateAsync<string>("line.user.id")).ShouldBe(user);
    }

    [SkippableFact]
    public async Task A_cut_line_comes_back_with_what_was_said_meanwhile()
    {
        var room = Fresh.Room();
        await using var proxy = FaultyProxy.Start(host.Address.Port);
        var ada = await ListenAsync($"{{ topics: ['room:{room}'] }}", new Uri($"http://127.0.0.1:{proxy.Port}"));
        await host.Http.SayAsync(room, "before");
        await ada.HeardAsync("before");

        proxy.CutAll();
        await host.Http.SayAsync(room, "meanwhile");
        await ada.OpenAsync(2);
        await host.Http.SayAsync(room, "after");

        await ada.HeardAsync("before", "meanwhile", "after");
        await ada.StateAsync("state.status === 'waiting' && state.reason === 'network' && state.waitMs > 0");
    }

    [SkippableFact]
    public async Task A_service_that_stops_and_starts_again_is_found_again()
    {
        var first = NotifierHost.With(("Streams:RetryMs", "100"), ("Streams:DrainSeconds", "0"));
        await using var proxy = FaultyProxy.Start(first.Address.Port);
        var room = Fresh.Room();
        var ada = await ListenAsync($"{{ topics: ['room:{room}'] }}", new Uri($"http://127.0.0.1:{proxy.Port}"));

        await first.DisposeAsync();
        await ada.TrueAsync("states.filter(state => state.status === 'waiting').length >= 2");
        await using var second = NotifierHost.With();
        proxy.TargetPort = second.Address.Port;
        await ada.OpenAsync(2);
        await second.Http.SayAsync(room, "from the second");

        await ada.HeardAsync("from the second");
    }

    [SkippableTheory]
    [InlineData(503, "refused")]
    [InlineData(429, "refused")]
    [InlineData(204, "refused")]
    [InlineData(502, "refused")]
    public async Task It_comes_back_where_an_EventSource_gives_up(int status, string reason)
    {
        var room = Fresh.Room();
        var page = await chromium.OpenWindowAsync();
        var turnedAway = 0;
        await page.RouteAsync("**/api/events?*", route => Interlocked.Increment(ref turnedAway) <= 2
            ? route.FulfillAsync(new() { Status = status, Headers = new Dictionary<string, string> { ["Retry-After"] = "1" } })
            : route.ContinueAsync());

        var ada = await Listener.OpenAsync(page, host.Address, $"{{ topics: ['room:{room}'] }}");

        await ada.OpenAsync();
        await ada.StateAsync($"state.status === 'waiting' && state.reason === '{reason}' && state.problem.status === {status} && state.waitMs >= 1000");
    }

    [SkippableFact]
    public async Task A_full_service_is_asked_again_no_sooner_than_it_said()
    {
        await using var small = NotifierHost.With(("Streams:MaxPerUser", "1"), ("Streams:RetryMs", "300"));
        var first = await Listener.OpenAsync(await chromium.OpenWindowAsync(), small.Address, "{ topics: ['all'] }");
        await first.OpenAsync();
        var second = await Listener.OpenAsync(await chromium.OpenWindowAsync(), small.Address, "{ topics: ['all'] }");

        await second.StateAsync("state.status === 'waiting' && state.reason === 'too-many-streams' && state.waitMs >= 150");
        await first.EvaluateAsync("line.close()");

        await second.OpenAsync();
        (await first.EvaluateAsync<string>("line.state.status")).ShouldBe("closed");
    }

    [SkippableFact]
    public async Task Topics_are_joined_and_left_at_the_same_position()
    {
        var (one, two) = (Fresh.Room(), Fresh.Room());
        var page = await chromium.OpenWindowAsync();
        var ada = await Listener.OpenAsync(page, host.Address, $"{{ topics: ['room:{one}'] }}");
        await ada.OpenAsync();
        await host.Http.SayAsync(one, "1");
        await ada.HeardAsync("1");
        var mayOpen = new TaskCompletionSource();
        await page.RouteAsync("**/api/events?*", async route =>
        {
            await mayOpen.Task;
            await route.ContinueAsync();
        });

        await ada.EvaluateAsync($"void line.join('room:{two}')");
        await host.Http.SayAsync(one, "2, between two streams");
        mayOpen.SetResult();
        await ada.OpenAsync(2);
        await host.Http.SayAsync(two, "3");
        await host.Http.SayAsync(one, "4");
        await ada.HeardAsync("1", "2, between two streams", "3", "4");

        await ada.EvaluateAsync($"line.leave('room:{one}')");
        await ada.OpenAsync(3);
        await host.Http.SayAsync(one, "unheard");
        await host.Http.SayAsync(two, "5");
        await ada.HeardAsync("1", "2, between two streams", "3", "4", "5");
        (await ada.EvaluateAsync<string[]>("welcomes.at(-1).topics")).ShouldBe([$"room:{two}"]);
    }

    [SkippableFact]
    public async Task A_topic_joined_at_an_event_is_told_from_there_and_in_order()
    {
        var (one, two) = (Fresh.Room(), Fresh.Room());
        var shown = await host.Http.SayAsync(two, "shown by the history");
        await host.Http.SayAsync(two, "1");
        var page = await chromium.OpenWindowAsync();
        var ada = await Listener.OpenAsync(page, host.Address, $"{{ topics: ['room:{one}'] }}");
        await ada.OpenAsync();
        var mayPoll = new TaskCompletionSource();
        await page.RouteAsync("**/api/events?*presence=false*", async route =>
        {
            await mayPoll.Task;
            await route.ContinueAsync();
        });

        await ada.EvaluateAsync($"line.join('room:{two}@{shown}')");
        await ada.OpenAsync(2);
        await host.Http.SayAsync(two, "2");
        await host.Http.SayAsync(one, "of another topic, which need not wait");
        await ada.HeardAsync("of another topic, which need not wait");
        mayPoll.SetResult();
        await ada.HeardAsync("of another topic, which need not wait", "1", "2");
        await host.Http.SayAsync(two, "3");

        await ada.HeardAsync("of another topic, which need not wait", "1", "2", "3");
    }

    [SkippableFact]
    public async Task A_page_goes_on_from_its_history_without_a_second_request()
    {
        var room = Fresh.Room();
        var shown = await host.Http.SayAsync(room, "shown");
        await host.Http.SayAsync(room, "next");
        var page = await chromium.OpenWindowAsync();
        var asked = 0;
        page.Request += (_, request) => asked += request.Url.Contains("/api/events", StringComparison.Ordinal) ? 1 : 0;

        var ada = await Listener.OpenAsync(page, host.Address, $"{{ topics: ['room:{room}@{shown}'] }}");

        await ada.HeardAsync("next");
        asked.ShouldBe(1);
    }

    [SkippableFact]
    public async Task A_topic_that_may_not_be_had_costs_nothing_but_itself()
    {
        await using var strict = new TokenHost();
        var room = Fresh.Room();
        var token = TestTokens.For("ada", rooms: [room]);
        var ada = await Listener.OpenAsync(await chromium.OpenWindowAsync(), strict.Host.Address, $"{{ query: {{}}, token: '{token}', topics: ['room:{room}'] }}");
        await ada.OpenAsync();

        await ada.EvaluateAsync("line.join('room:secret')");
        await ada.TrueAsync("problems.includes('403 room:secret')");
        await ada.OpenAsync(2);
        await ada.EvaluateAsync($"line.send('{room}', 'still here')");

        await ada.HeardAsync("still here");
        (await ada.EvaluateAsync<string[]>("line.topics")).ShouldBe([$"room:{room}"]);
    }

    [SkippableFact]
    public async Task One_command_that_told_several_topics_is_told_once()
    {
        var (track, user) = (Fresh.Room(), Fresh.User());
        var ada = await ListenAsync($"{{ query: {{ as: '{user}' }}, topics: ['room:class:{track}', 'user:me'] }}");

        await PostAsync($"/api/tracks/{track}/lessons/one/complete?as={user}", "{}");
        await PostAsync($"/api/rooms/class:{track}/messages?as={user}", """{"text":"room comes after"}""");
        await ada.HeardAsync("progress:updated", "room comes after");
        await PostAsync($"/api/users/{user}/messages?as=bob", """{"text":"user comes after"}""");

        await ada.HeardAsync("progress:updated", "room comes after", "user comes after");
    }

    [SkippableTheory]
    [InlineData(true, "mine", "of my other window", "ephemeral", "bob's")]
    [InlineData(false, "of my other window", "bob's")]
    public async Task Own_events_of_this_window_can_be_left_out(bool echo, params string[] expected)
    {
        var room = Fresh.Room();
        var ada = await ListenAsync($"{{ topics: ['room:{room}'], echo: {(echo ? "true" : "false")} }}");

        await ada.EvaluateAsync($"line.send('{room}', 'mine')");
        await PostAsync($"/api/rooms/{room}/messages?as=ada", """{"text":"of my other window"}""");
        await ada.EvaluateAsync($"line.sendEvent('{room}', 'cursor', {{ text: 'ephemeral' }}, {{ ephemeral: true }})");
        await PostAsync($"/api/rooms/{room}/messages?as=bob", """{"text":"bob's"}""");

        await ada.HeardAsync(expected);
    }

    [SkippableFact]
    public async Task A_hole_is_told()
    {
        await using var forgetful = NotifierHost.With(("Log:MaxEventsPerTopic", "3"), ("Streams:RetryMs", "50"));
        var room = Fresh.Room();
        var ada = await Listener.OpenAsync(await chromium.OpenWindowAsync(), forgetful.Address, $"{{ topics: ['room:{room}'] }}");
        await ada.OpenAsync();
        await forgetful.Http.SayAsync(room, "seen");
        await ada.HeardAsync("seen");

        await ada.EvaluateAsync("line.pause()");
        for (var i = 1; i <= 10; i++) await forgetful.Http.SayAsync(room, $"{i}");
        await ada.EvaluateAsync("line.resume()");

        await ada.HeardAsync("seen", "8", "9", "10");
        (await ada.EvaluateAsync<string[]>("gaps.map(gap => `${gap.topic} ${gap.reason}`)")).ShouldBe([$"room:{room} trimmed"]);
    }

    [SkippableFact]
    public async Task A_line_that_falls_silent_is_given_up_and_opened_again()
    {
        await using var quick = NotifierHost.With(("Streams:HeartbeatSeconds", "1"), ("Streams:RetryMs", "50"));
        await using var proxy = FaultyProxy.Start(quick.Address.Port);
        var room = Fresh.Room();
        var ada = await ListenAsync($"{{ topics: ['room:{room}'] }}", new Uri($"http://127.0.0.1:{proxy.Port}"));
        var standing = proxy.Links.ToHashSet();

        proxy.Silence((link, areReplies) => areReplies && standing.Contains(link));
        await quick.Http.SayAsync(room, "into the silence");

        await ada.StateAsync("state.status === 'waiting' && state.reason === 'silence'");
        proxy.Heal();

        await ada.HeardAsync("into the silence");
    }

    [SkippableFact]
    public async Task Heartbeats_keep_a_quiet_line_open()
    {
        await using var quick = NotifierHost.With(("Streams:HeartbeatSeconds", "1"));
        var ada = await Listener.OpenAsync(await chromium.OpenWindowAsync(), quick.Address, "{ topics: ['all'] }");
        await ada.OpenAsync();

        await ada.EvaluateAsync("window.openSince = Date.now()");
        await ada.TrueAsync("Date.now() - openSince > 4000 || states.some(state => state.reason === 'silence')");

        (await ada.EvaluateAsync<bool>("states.some(state => state.reason === 'silence')")).ShouldBeFalse();
    }

    [SkippableFact]
    public async Task An_expired_token_is_renewed_and_the_line_goes_on()
    {
        await using var strict = new TokenHost();
        var room = Fresh.Room();
        var page = await chromium.OpenWindowAsync();
        var tickets = 0;
        page.Request += (_, request) => tickets += request.Url.EndsWith("/api/tickets", StringComparison.Ordinal) ? 1 : 0;
        await page.ExposeFunctionAsync("issue", () => TestTokens.For("ada", rooms: [room], expiresIn: 2));

        var ada = await Listener.OpenAsync(page, strict.Host.Address, $"{{ query: {{}}, getToken: issue, topics: ['room:{room}'] }}");
        await ada.OpenAsync();
        await ada.EvaluateAsync($"line.send('{room}', 'first')");
        await ada.OpenAsync(2);
        await ada.EvaluateAsync($"line.send('{room}', 'second')");

        await ada.HeardAsync("first", "second");
        (await ada.EvaluateAsync<bool>("welcomes[1].resumed")).ShouldBeTrue();
        (await ada.EvaluateAsync<bool>("states.some(state => state.status === 'waiting')")).ShouldBeFalse();
        tickets.ShouldBeGreaterThanOrEqualTo(2);
    }

    [SkippableFact]
    public async Task A_token_that_runs_out_for_good_closes_the_line()
    {
        await using var strict = new TokenHost();
        var token = TestTokens.For("ada", expiresIn: 1);
        var ada = await Listener.OpenAsync(await chromium.OpenWindowAsync(), strict.Host.Address, $"{{ query: {{}}, token: '{token}', topics: ['all'] }}");

        await ada.StateAsync("state.status === 'closed' && state.reason === 'token'");
    }

    [SkippableFact]
    public async Task A_tab_that_sleeps_lets_go_and_catches_up_when_it_wakes()
    {
        await using var own = NotifierHost.With();
        var room = Fresh.Room();
        var ada = await Listener.OpenAsync(await chromium.OpenWindowAsync(), own.Address, $"{{ topics: ['room:{room}'], pauseAfterMs: 100 }}");
        await ada.OpenAsync();
        await own.Http.SayAsync(room, "awake");
        await ada.HeardAsync("awake");

        await HideAsync(ada, true);
        await ada.StateAsync("state.status === 'paused' && state.reason === 'sleep'");
        await Until.TrueAsync("the stream has ended", async () => await ConnectionsAsync(own) == 0);
        await own.Http.SayAsync(room, "asleep");
        await HideAsync(ada, false);

        await ada.HeardAsync("awake", "asleep");
    }

    [SkippableFact]
    public async Task A_tab_that_is_hidden_for_a_moment_keeps_its_line()
    {
        var page = await chromium.OpenWindowAsync();
        await page.Clock.InstallAsync();
        var ada = await Listener.OpenAsync(page, host.Address, "{ topics: ['all'], pauseAfterMs: 10_000 }");
        await ada.OpenAsync();

        await HideAsync(ada, true);
        await page.Clock.FastForwardAsync(9000);
        await HideAsync(ada, false);
        await page.Clock.FastForwardAsync(9000);

        (await ada.EvaluateAsync<bool>("states.some(state => state.status === 'paused')")).ShouldBeFalse();
    }

    [SkippableFact]
    public async Task A_network_that_comes_back_is_used_at_once()
    {
        var page = await chromium.OpenWindowAsync();
        await page.Clock.InstallAsync();
        var ada = await Listener.OpenAsync(page, host.Address, "{ topics: ['all'] }");
        await ada.OpenAsync();
        await page.Context.SetOfflineAsync(true);
        await ada.EvaluateAsync("line.pause(), line.resume()");
        await ada.StateAsync("state.status === 'waiting' && state.reason === 'network'");
        await page.Clock.PauseAtAsync(TimeProvider.System.GetUtcNow().AddMinutes(1).UtcDateTime);

        await page.Context.SetOfflineAsync(false);

        await ada.OpenAsync(2);
    }

    [SkippableTheory]
    [InlineData(503)]
    [InlineData(0)]
    public async Task A_command_is_repeated_under_its_key_until_it_is_answered(int status)
    {
        var room = Fresh.Room();
        var page = await chromium.OpenWindowAsync();
        var keys = new List<string>();
        await page.RouteAsync("**/messages?*", async route =>
        {
            keys.Add(route.Request.Headers["idempotency-key"]);

            // Stored, and the answer lost: what only the key makes safe.
            await route.FetchAsync();
            if (keys.Count > 2) await route.ContinueAsync();
            else if (status == 0) await route.AbortAsync();
            else await route.FulfillAsync(new() { Status = status, Headers = new Dictionary<string, string> { ["Retry-After"] = "1" } });
        });
        var ada = await Listener.OpenAsync(page, host.Address, $"{{ topics: ['room:{room}'] }}");
        await ada.OpenAsync();

        var answer = await ada.EvaluateAsync<string>($"line.send('{room}', 'once').then(answer => `${{answer.status}} ${{answer.type}}`)");
        await host.Http.SayAsync(room, "after");

        answer.ShouldBe("201 message");
        await ada.HeardAsync("once", "after");
        keys.Count.ShouldBe(3);
        keys.Distinct().Count().ShouldBe(1);
    }

    [SkippableFact]
    public async Task A_refused_command_is_not_repeated_and_says_why()
    {
        var page = await chromium.OpenWindowAsync();
        var asked = 0;
        page.Request += (_, request) => asked += request.Url.Contains("/messages", StringComparison.Ordinal) ? 1 : 0;
        var ada = await Listener.OpenAsync(page, host.Address, "{ topics: ['all'] }");

        var problem = await ada.EvaluateAsync<string>("line.send('general', '').catch(problem => `${problem.name} ${problem.status} ${Object.keys(problem.errors)}`)");

        problem.ShouldBe("Problem 400 text");
        asked.ShouldBe(1);
    }

    [SkippableFact]
    public async Task A_page_that_fails_in_a_callback_keeps_its_line()
    {
        var room = Fresh.Room();
        var page = await chromium.OpenWindowAsync();
        var errors = new List<string>();
        page.PageError += (_, error) => errors.Add(error);
        var ada = await Listener.OpenAsync(page, host.Address, $$"""
            { topics: ['room:{{room}}'], onEvent: event => { heard.push(event.data.text); if (event.data.text === "bad") throw new Error("the page's own"); } }
            """);
        await ada.OpenAsync();

        await host.Http.SayAsync(room, "bad");
        await host.Http.SayAsync(room, "good");

        await ada.HeardAsync("bad", "good");
        errors.ShouldHaveSingleItem().ShouldContain("the page's own");
        (await ada.EvaluateAsync<int>("welcomes.length")).ShouldBe(1);
    }

    [SkippableFact]
    public async Task A_page_of_another_origin_streams_and_sends_where_its_origin_is_listed()
    {
        await using var service = NotifierHost.In(
            "Production", ("Auth:SigningKey", TestTokens.Key), ("Cors:Origins", host.Address.GetLeftPart(UriPartial.Authority)), ("Streams:MaxAge", "00:00:02"), ("Streams:RetryMs", "50"));
        var room = Fresh.Room();
        var token = TestTokens.For("ada", rooms: [room]);

        // The page stands for one of somebody else's, which our own policy says nothing of.
        var page = await chromium.OpenWindowAsync(new() { BypassCSP = true });
        var ada = await Listener.OpenAsync(page, host.Address, $"{{ query: {{}}, url: '{service.Address}', token: '{token}', topics: ['room:{room}'] }}");
        await ada.OpenAsync();

        await ada.EvaluateAsync($"line.send('{room}', 'from elsewhere')");
        await ada.OpenAsync(2);
        await ada.EvaluateAsync($"line.send('{room}', 'and again')");

        await ada.HeardAsync("from elsewhere", "and again");
        (await ada.EvaluateAsync<string[]>("problems")).ShouldBeEmpty();
    }

    [SkippableFact]
    public async Task The_cookie_of_a_session_is_enough_to_listen()
    {
        await using var strict = new TokenHost();
        var room = Fresh.Room();
        var token = TestTokens.For("ada", rooms: [room]);
        var page = await chromium.OpenWindowAsync();
        await page.GotoAsync(new Uri(strict.Host.Address, "/healthz").ToString());
        await page.EvaluateAsync($"fetch('/api/session', {{ method: 'POST', headers: {{ Authorization: 'Bearer {token}' }} }})");

        var ada = await Listener.OpenAsync(page, strict.Host.Address, $"{{ query: {{}}, topics: ['room:{room}'] }}");
        await ada.OpenAsync();
        using var said = await strict.Host.NewClient(token).PostTextAsync($"/api/rooms/{room}/messages", """{"text":"by cookie"}""");

        await ada.HeardAsync("by cookie");
        (await ada.EvaluateAsync<string>("line.user.id")).ShouldBe("ada");
    }

    [SkippableFact]
    public async Task A_stream_that_an_admin_ends_stays_closed()
    {
        var page = await chromium.OpenWindowAsync();
        await page.RouteAsync("**/api/events?*", route => route.FulfillAsync(new()
        {
            ContentType = "text/event-stream",
            Body = """
                id: pAA
                event: welcome
                data: {"connection":"c","instance":"i","heartbeatSeconds":15,"user":{"id":"ada"},"topics":["all"],"resumed":false}

                event: expired
                data: {"reason":"revoked"}


                """,
        }));

        var ada = await Listener.OpenAsync(page, host.Address, "{ topics: ['all'], getToken: () => undefined }");

        await ada.StateAsync("state.status === 'closed' && state.reason === 'revoked'");
    }

    [SkippableFact]
    public async Task Typing_is_told_to_the_others_and_not_at_every_key()
    {
        var room = Fresh.Room();
        var ada = await ListenAsync($"{{ topics: ['room:{room}'] }}");
        var bob = await ListenAsync($"{{ query: {{ as: 'bob' }}, topics: ['room:{room}'] }}");
        var sent = 0;
        bob.Page.Request += (_, request) => sent += request.Url.Contains("/typing", StringComparison.Ordinal) ? 1 : 0;

        await bob.EvaluateAsync($"for (let key = 0; key < 20; key++) line.typing('{room}')");
        await ada.TrueAsync("typists.length === 1");
        await bob.EvaluateAsync($"line.typing('{room}', false), line.typing('{room}', false)");
        await ada.TrueAsync("typists.length === 2");

        sent.ShouldBe(2);
        (await ada.EvaluateAsync<string[]>("typists.map(room => `${room.users.map(user => user.id)}`)")).ShouldBe(["bob", ""]);
        (await bob.EvaluateAsync<int>("typists.length")).ShouldBe(0);
    }

    [SkippableFact]
    public async Task Who_is_there_is_told_at_first_and_whenever_it_changes()
    {
        await using var brisk = NotifierHost.With(("Presence:GraceSeconds", "0"));
        var room = Fresh.Room();
        var ada = await Listener.OpenAsync(await chromium.OpenWindowAsync(), brisk.Address, $"{{ topics: ['room:{room}'] }}");
        await ada.TrueAsync("members.at(-1)?.users?.map(user => user.id).join() === 'ada'");

        var bob = await Listener.OpenAsync(await chromium.OpenWindowAsync(), brisk.Address, $"{{ query: {{ as: 'bob' }}, topics: ['room:{room}'] }}");
        await bob.TrueAsync("members.at(-1)?.users?.map(user => user.id).sort().join() === 'ada,bob'");
        await ada.TrueAsync("members.at(-1).users.map(user => user.id).join() === 'ada,bob'");
        await bob.EvaluateAsync("line.close()");

        await ada.TrueAsync("members.at(-1).users.map(user => user.id).join() === 'ada' && members.at(-1).left[0].id === 'bob'");
    }

    [SkippableFact]
    public async Task Members_follow_from_the_welcome_and_what_changes()
    {
        var page = await chromium.OpenWindowAsync();
        await page.GotoAsync(new Uri(host.Address, "/healthz").ToString());

        var counts = await page.EvaluateAsync<string[]>("""
            async () => {
              const { withPresence } = await import("/notifier.js");
              const text = ({ count, users }) => `${count}: ${users?.map(user => user.id) ?? "many"}`;
              let members = { count: 2, users: [{ id: "ada" }, { id: "bob" }] };
              const told = [];
              for (const event of [{ count: 3, joined: [{ id: "eve" }], left: [] }, { count: 2, joined: [], left: [{ id: "ada" }] }, { count: 2, joined: [{ id: "bob", name: "Bob" }], left: [] }, { count: 900 }]) {
                told.push(text(members = withPresence(members, event)));
              }
              return told;
            }
            """);

        counts.ShouldBe(["3: ada,bob,eve", "2: bob,eve", "2: eve,bob", "900: many"]);
    }

    private static Task HideAsync(Listener listener, bool isHidden) => listener.EvaluateAsync($$"""
        () => {
          Object.defineProperty(document, "hidden", { configurable: true, value: {{(isHidden ? "true" : "false")}} });
          document.dispatchEvent(new Event("visibilitychange"));
        }
        """);

    private static async Task<int> ConnectionsAsync(NotifierHost at)
    {
        using var answer = await at.Http.GetAsync("/health");
        return (await answer.JsonAsync()).GetProperty("connections").GetInt32();
    }

    private async Task<Listener> ListenAsync(string options, Uri? at = null)
    {
        var listener = await Listener.OpenAsync(await chromium.OpenWindowAsync(), at ?? host.Address, options);
        await listener.OpenAsync();
        return listener;
    }

    private async Task PostAsync(string path, string json)
    {
        using var answer = await host.Http.PostTextAsync(path, json);
        answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
    }
}
