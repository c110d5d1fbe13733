using System.Net;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Notifier.Core.Log;
using Notifier.Core.Log.Memory;
using Notifier.Tests.Faults;
using Notifier.Tests.Support;

namespace Notifier.Tests.Queries;

public sealed class AnswerCacheTests : IAsyncDisposable
{
    private readonly NotifierHost _host;
    private readonly CacheMisses _misses = new();
    private CountingLog? _log;

    public AnswerCacheTests() => _host = NotifierHost.With(
        services => services
            .AddSingleton<IEventLog>(provider => _log = new(provider.GetRequiredService<MemoryEventLog>()))
            .AddSingleton<ILoggerProvider>(_misses)
            .AddSingleton<IStartupFilter>(_misses),
        ("Cors:Origins", "https://a.example,https://b.example"),
        ("Logging:LogLevel:Microsoft.AspNetCore.OutputCaching", "Information"));

    [Fact]
    public async Task A_crowd_that_loads_a_page_costs_one_read()
    {
        const int Crowd = 200;
        var room = Fresh.Room();
        await _host.Http.SayAsync(room, "hi");
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _log!.BeforeReadBack = () => goOn.Task;
        var before = _log.Reads;

        var asking = Task.WhenAll(Enumerable.Range(0, Crowd).Select(i => _host.Http.GetStringAsync($"/api/rooms/{room}/messages?as=user-{i}&_={i}")));
        await Until.TrueAsync("one reads and all others wait for it", () => _misses.Waiting == Crowd, seconds: 15);
        goOn.SetResult();

        (await asking).Distinct().ShouldHaveSingleItem().ShouldContain("hi");
        (_log.Reads - before).ShouldBe(1);
    }

    [Fact]
    public async Task What_is_acknowledged_is_seen_at_once_while_others_read_all_the_time()
    {
        var room = Fresh.Room();
        using var stop = new CancellationTokenSource();
        var crowd = Enumerable.Range(0, 4).Select(async _ =>
        {
            while (!stop.IsCancellationRequested) await _host.Http.GetStringAsync($"/api/rooms/{room}/messages?limit=1");
        }).ToArray();

        for (var i = 0; i < 200; i++)
        {
            var id = await _host.Http.SayAsync(room, $"{i}");
            (await _host.Http.GetStringAsync($"/api/rooms/{room}/messages?limit=1")).ShouldContain(id);
        }

        await stop.CancelAsync();
        await Task.WhenAll(crowd);
    }

    [Fact]
    public async Task A_read_that_began_before_an_event_is_nobodys_answer_after_it()
    {
        var room = Fresh.Room();
        await _host.Http.SayAsync(room, "old");
        using var reading = new SemaphoreSlim(0);
        using var goOn = new SemaphoreSlim(0);
        var isFirst = 1;
        _log!.BeforeReadBack = async () =>
        {
            if (Interlocked.Exchange(ref isFirst, 0) == 0) return;
            reading.Release();
            (await goOn.WaitAsync(TimeSpan.FromSeconds(20))).ShouldBeTrue();
        };

        var slow = Task.Run(() => _host.Http.GetStringAsync($"/api/rooms/{room}/messages"));
        (await reading.WaitAsync(TimeSpan.FromSeconds(20))).ShouldBeTrue();
        var id = await _host.Http.SayAsync(room, "new");
        var during = await _host.Http.GetStringAsync($"/api/rooms/{room}/messages");
        goOn.Release();
        await slow;
        var after = await _host.Http.GetStringAsync($"/api/rooms/{room}/messages");

        during.ShouldContain(id);
        after.ShouldContain(id);
    }

    [Fact]
    public async Task Nobody_gets_an_answer_that_is_cached_for_somebody_else()
    {
        var (room, ada) = (Fresh.Room(), Fresh.User());
        await _host.Http.SayAsync(room, "secret");
        using var notified = await _host.Http.PostTextAsync($"/api/users/{ada}/notifications", """{"title":"secret"}""");
        using var completed = await _host.Http.PostTextAsync($"/api/tracks/{room}/lessons/abc/complete", "{}");
        using var insider = _host.NewClient(await _host.TokenAsync(ada, rooms: [room, $"class:{room}"]));
        using var outsider = _host.NewClient(await _host.TokenAsync("eve", rooms: ["other"]));
        await using var stream = await _host.OpenAsync($"/api/rooms/{room}/events?as={ada}");
        string[] paths = [$"/api/rooms/{room}/messages", $"/api/rooms/{room}/presence", $"/api/tracks/{room}/progress", $"/api/users/{ada}/notifications"];

        foreach (var path in paths)
        {
            for (var i = 0; i < 3; i++) (await insider.GetStringAsync(path)).ShouldContain(path.EndsWith("progress", StringComparison.Ordinal) ? "abc" : path.EndsWith("presence", StringComparison.Ordinal) ? ada : "secret");
            using var refused = await outsider.GetAsync(path);
            await refused.ShouldBeProblemAsync(HttpStatusCode.Forbidden);
        }

        // `me` is another user for each caller, and the rooms that one sees are not those of another.
        (await insider.GetStringAsync("/api/users/me/notifications")).ShouldContain("secret");
        (await outsider.GetStringAsync("/api/users/me/notifications")).ShouldNotContain("secret");
        (await insider.GetStringAsync("/api/rooms")).ShouldContain(room);
        (await outsider.GetStringAsync("/api/rooms")).ShouldNotContain(room);
        using var capital = await outsider.GetAsync($"/api/rooms/{room.ToUpperInvariant()}/messages");
        await capital.ShouldBeProblemAsync(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Names_that_differ_in_case_are_different_rooms_to_the_cache_too()
    {
        var room = Fresh.Room();
        await _host.Http.SayAsync(room, "small");

        var small = await _host.Http.GetStringAsync($"/api/rooms/{room}/messages");
        var large = await _host.Http.GetStringAsync($"/api/rooms/{room.ToUpperInvariant()}/messages");

        small.ShouldContain("small");
        large.ShouldNotContain("small");
    }

    [Fact]
    public async Task A_cached_answer_names_the_origin_that_asks_and_is_kept_by_nobody_between()
    {
        var room = Fresh.Room();
        foreach (var origin in new[] { "https://a.example", "https://b.example", "https://a.example" })
        {
            var request = new HttpRequestMessage(HttpMethod.Get, $"/api/rooms/{room}/messages");
            request.Headers.Add("Origin", origin);

            using var answer = await _host.Http.SendAsync(request);

            answer.Headers.GetValues("Access-Control-Allow-Origin").ShouldBe([origin]);
            answer.Headers.CacheControl!.NoStore.ShouldBeTrue();
        }

        using var foreign = new HttpRequestMessage(HttpMethod.Get, $"/api/rooms/{room}/messages");
        foreign.Headers.Add("Origin", "https://foreign.example");
        using var refused = await _host.Http.SendAsync(foreign);
        refused.Headers.Contains("Access-Control-Allow-Origin").ShouldBeFalse();
    }

    [Fact]
    public async Task A_bad_request_is_refused_though_its_good_twin_is_cached()
    {
        var room = Fresh.Room();
        await _host.Http.GetStringAsync($"/api/rooms/{room}/messages");

        using var nul = await _host.Http.GetAsync($"/api/rooms/{room}/messages?other=%00");
        using var number = await _host.Http.GetAsync($"/api/rooms/{room}/messages?limit=0");
        using var head = await _host.Http.SendAsync(new HttpRequestMessage(HttpMethod.Head, $"/api/rooms/{room}/messages"));

        await nul.ShouldBeProblemAsync(HttpStatusCode.BadRequest);
        await number.ShouldBeInvalidAsync("limit");
        head.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await head.Content.ReadAsByteArrayAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_command_that_writes_to_two_topics_drops_the_answers_of_both()
    {
        var (ada, bob) = (Fresh.User(), Fresh.User());
        for (var i = 1; i <= 3; i++)
        {
            await _host.Http.GetStringAsync($"/api/users/{bob}/notifications?as={bob}");
            using var sent = await _host.Http.PostTextAsync($"/api/users/{bob}/messages?as={ada}", """{"text":"hi"}""");
            using var answer = await _host.Http.GetAsync($"/api/users/{bob}/notifications?as={bob}");
            (await answer.JsonAsync()).GetProperty("unread").GetInt32().ShouldBe(i);

            using var batch = await _host.Http.PostTextAsync("/api/publish", $$"""{"topics":["room:{{ada}}","room:{{bob}}"],"type":"t{{i}}","data":{{i}}}""");
            (await _host.Http.GetStringAsync($"/api/rooms/{ada}/messages")).ShouldContain($"\"t{i}\"");
            (await _host.Http.GetStringAsync($"/api/rooms/{bob}/messages")).ShouldContain($"\"t{i}\"");
        }
    }

    [Fact]
    public async Task Who_comes_is_in_the_next_answer_about_the_room()
    {
        var room = Fresh.Room();
        var streams = new List<SseStreamReader>();
        for (var i = 0; i < 5; i++)
        {
            (await _host.Http.GetStringAsync($"/api/rooms/{room}/presence")).ShouldContain($"\"count\":{i},");
            streams.Add(await _host.OpenAsync($"/api/rooms/{room}/events?as=user-{i}"));
            (await _host.Http.GetStringAsync($"/api/rooms/{room}/presence")).ShouldContain($"\"count\":{i + 1},");
            (await _host.Http.GetStringAsync("/api/rooms")).ShouldContain($$"""{"room":"{{room}}","count":{{i + 1}}}""");
        }

        streams.ForEach(stream => stream.Dispose());
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();
}
