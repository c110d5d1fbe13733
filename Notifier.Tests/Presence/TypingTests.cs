using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Notifier.Core.Presence;
using Notifier.Tests.Support;

namespace Notifier.Tests.Presence;

public sealed class TypingTests : IAsyncDisposable
{
    private readonly ManualTime _time = new();
    private readonly NotifierHost _host;

    public TypingTests() => _host = NotifierHost.With(services => services.AddSingleton<TimeProvider>(_time), ("Streams:HeartbeatSeconds", "300"));

    [Fact]
    public async Task Typing_is_told_at_once_and_not_stored()
    {
        var room = Fresh.Room();
        await using var stream = await _host.OpenAsync($"/api/rooms/{room}/events?as=bob&presence=false");

        await TypeAsync(room, "ada", true);
        var began = await stream.ReadAsync();
        await TypeAsync(room, "ada", false);
        var ended = await stream.ReadAsync();

        began.ShouldBe(new(null, "typing", $$"""{"topic":"room:{{room}}","user":{"id":"ada"},"typing":true}""", null, began.Comments));
        ended.Data.ShouldBe($$"""{"topic":"room:{{room}}","user":{"id":"ada"},"typing":false}""");
        (await _host.Http.StoredAsync($"room:{room}")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Typing_falls_back_by_itself_after_six_seconds_once()
    {
        var room = Fresh.Room();
        await using var stream = await _host.OpenAsync($"/api/rooms/{room}/events?as=bob&presence=false");
        await TypeAsync(room, "ada", true);
        await stream.ReadAsync();

        _time.Advance(Typing.Life - TimeSpan.FromMilliseconds(10));
        await _host.Http.SayAsync(room, "still typing");
        _time.Advance(TimeSpan.FromMilliseconds(20));
        await _host.Http.SayAsync(room, "stopped");
        _time.Advance(2 * Typing.Life);
        await _host.Http.SayAsync(room, "long ago");

        (await ReadAsync(stream, 4)).ShouldBe(["still typing", "False", "stopped", "long ago"]);
    }

    [Fact]
    public async Task Who_goes_on_typing_is_told_each_time_and_falls_back_once_six_seconds_after_the_last_word()
    {
        var room = Fresh.Room();
        await using var stream = await _host.OpenAsync($"/api/rooms/{room}/events?as=bob&presence=false");
        for (var i = 0; i < 5; i++)
        {
            await TypeAsync(room, "ada", true);
            _time.Advance(TimeSpan.FromSeconds(4));
        }

        await _host.Http.SayAsync(room, "in between");
        _time.Advance(TimeSpan.FromSeconds(2.1));
        _time.Advance(2 * Typing.Life);
        await _host.Http.SayAsync(room, "after");

        (await ReadAsync(stream, 8)).ShouldBe(["True", "True", "True", "True", "True", "in between", "False", "after"]);
    }

    [Fact]
    public async Task Who_says_that_they_do_not_type_is_told_though_nobody_thought_so()
    {
        var room = Fresh.Room();
        await using var stream = await _host.OpenAsync($"/api/rooms/{room}/events?as=bob&presence=false");

        await TypeAsync(room, "ada", false);
        await TypeAsync(room, "ada", false);

        (await ReadAsync(stream, 2)).ShouldBe(["False", "False"]);
    }

    [Fact]
    public async Task Who_stops_and_begins_again_has_six_seconds_anew()
    {
        var room = Fresh.Room();
        await using var stream = await _host.OpenAsync($"/api/rooms/{room}/events?as=bob&presence=false");
        await TypeAsync(room, "ada", true);
        _time.Advance(TimeSpan.FromSeconds(4));
        await TypeAsync(room, "ada", false);
        await TypeAsync(room, "ada", true);
        _time.Advance(TimeSpan.FromSeconds(4));
        await _host.Http.SayAsync(room, "in between");
        _time.Advance(TimeSpan.FromSeconds(3));

        (await ReadAsync(stream, 5)).ShouldBe(["True", "False", "True", "in between", "False"]);
    }

    [Fact]
    public async Task Typing_carries_the_name_of_the_token_and_comes_on_streams_of_several_topics_whatever_their_types()
    {
        var room = Fresh.Room();
        await using var stream = await _host.OpenAsync($"/api/events?topic=room:{room}&topic=all&as=bob&presence=false&types=message");
        using var client = _host.NewClient(await _host.TokenAsync("ada", rooms: [room], expiresInSeconds: 10_000_000, name: "Ada"));

        using var answer = await client.PostTextAsync($"/api/rooms/{room}/typing", """{"typing":true}""");

        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await answer.Content.ReadAsStringAsync()).ShouldBeEmpty();
        (await stream.ReadAsync()).Data.ShouldBe($$$"""{"topic":"room:{{{room}}}","user":{"id":"ada","name":"Ada"},"typing":true}""");
    }

    [Fact]
    public async Task Typing_takes_the_right_to_send_and_a_truth_value()
    {
        using var reader = _host.NewClient(await _host.TokenAsync("ada", roomsRead: ["general"], expiresInSeconds: 10_000_000));

        using var forbidden = await reader.PostTextAsync("/api/rooms/general/typing", """{"typing":true}""");
        using var missing = await reader.PostTextAsync("/api/rooms/general/typing", "{}");
        using var wrong = await reader.PostTextAsync("/api/rooms/general/typing", """{"typing":"yes"}""");

        await forbidden.ShouldBeProblemAsync(HttpStatusCode.Forbidden);
        await missing.ShouldBeInvalidAsync("typing");
        await wrong.ShouldBeInvalidAsync("typing");
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    /// <summary>The next blocks: whether somebody types, or what was said.</summary>
    private static async Task<IEnumerable<string?>> ReadAsync(SseStreamReader stream, int count) =>
        (await stream.ReadAsync(count)).Select(block => block.Event == "typing" ? block.Json.GetProperty("typing").ToString() : block.Text);

    private async Task TypeAsync(string room, string user, bool isTyping)
    {
        using var answer = await _host.Http.PostTextAsync($"/api/rooms/{room}/typing?as={user}", isTyping ? """{"typing":true}""" : """{"typing":false}""");
        answer.StatusCode.ShouldBe(HttpStatusCode.Accepted);
    }
}
