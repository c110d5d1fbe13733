using System.Net;
using System.Text.Json;
using Notifier.Tests.Support;

namespace Notifier.Tests.Descriptions;

/// <summary>That both documents say what the service really answers and tells about people: who is where, who types, what is unread, sessions, the self-check.</summary>
public sealed class DescribedPeopleTests : IAsyncLifetime
{
    private readonly NotifierHost _host = NotifierHost.With(("Streams:HeartbeatSeconds", "1"), ("Streams:MaxPerUser", "4"), ("Presence:GraceSeconds", "0"));
    private JsonElement _openApi;
    private JsonElement _asyncApi;

    public async Task InitializeAsync()
    {
        _openApi = await (await _host.Http.GetAsync("/openapi/v1.json")).JsonAsync();
        _asyncApi = await (await _host.Http.GetAsync("/asyncapi.json")).JsonAsync();
    }

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task Their_answers_are_those_that_are_described_and_hold_nothing_that_is_not()
    {
        var answers = new DescribedAnswers(_openApi, new SocketsHttpHandler { UseCookies = false });
        using var ada = new HttpClient(answers) { BaseAddress = _host.Address };
        var token = await _host.TokenAsync("ada", rooms: ["general"], name: "Ada");
        ada.DefaultRequestHeaders.Authorization = new("Bearer", token);
        await using var one = await _host.OpenAsync("/api/rooms/general/events?as=bob");
        await using var two = await _host.OpenAsync("/api/rooms/general/events", token: token);

        foreach (var path in new[] { "/api/rooms/general/presence", "/api/rooms" })
        {
            await GetAsync(path);
            await GetAsync(path, HttpMethod.Head);
        }

        (await GetAsync("/api/rooms/general/presence?limit=1")).GetProperty("after").GetString().ShouldBe("ada");
        (await GetAsync("/api/rooms/general/presence?after=bob")).GetProperty("after").ValueKind.ShouldBe(JsonValueKind.Null);
        (await GetAsync("/api/rooms")).GetProperty("rooms")[0].GetProperty("count").GetInt32().ShouldBe(2);
        (await GetAsync("/api/users/me/notifications")).GetProperty("readUpTo").GetString().ShouldBe("0-0");
        foreach (var path in new[] { "/api/rooms/general/presence?limit=0", "/api/rooms/secret/presence", "/api/users/me/notifications?unread=perhaps", "/api/users/bob/notifications" }) await GetAsync(path);

        await PostAsync("/api/rooms/general/typing", """{"typing":true,"clientMessageId":"c"}""", HttpStatusCode.Accepted);
        await PostAsync("/api/rooms/general/typing", "{}", HttpStatusCode.BadRequest);
        await PostAsync("/api/rooms/secret/typing", """{"typing":true}""", HttpStatusCode.Forbidden);

        (await _host.Http.PostTextAsync("/api/users/ada/notifications", """{"title":"t","kind":"new_post","data":{"a":1}}""")).EnsureSuccessStatusCode();
        using var message = await _host.Http.PostTextAsync("/api/users/ada/messages?as=bob", """{"text":"psst","data":{"a":1}}""");
        var id = (await message.JsonAsync()).GetProperty("id").GetString();
        (await GetAsync("/api/users/me/notifications?limit=10")).GetProperty("unread").GetInt32().ShouldBe(2);
        const string Read = "/api/users/me/notifications/read";
        await PostAsync(Read, $$"""{"upTo":"{{id}}"}""", HttpStatusCode.NoContent, ("Idempotency-Key", "k"));
        await PostAsync(Read, $$"""{"upTo":"{{id}}"}""", HttpStatusCode.NoContent, ("Idempotency-Key", "k"));
        await PostAsync(Read, """{"upTo":"1-0"}""", HttpStatusCode.UnprocessableEntity, ("Idempotency-Key", "k"));
        await PostAsync(Read, """{"upTo":"soon"}""", HttpStatusCode.BadRequest);
        await PostAsync("/api/users/bob/notifications/read", """{"upTo":"1-0"}""", HttpStatusCode.Forbidden);
        (await GetAsync("/api/users/me/notifications?unread=true")).GetProperty("readUpTo").GetString().ShouldBe(id);

        using var opened = await ada.PostAsync("/api/session", null);
        using var closed = await ada.DeleteAsync("/api/session");
        foreach (var answer in new[] { opened, closed })
        {
            answer.StatusCode.ShouldBe(HttpStatusCode.NoContent);
            answer.Headers.Contains("Set-Cookie").ShouldBeTrue();
        }

        await GetAsync("/api/diagnostics/stream?silence=long");
        ada.DefaultRequestHeaders.Authorization = null;
        using var guest = await ada.PostAsync("/api/session", null);
        guest.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        ada.DefaultRequestHeaders.Authorization = new("Bearer", "nonsense");
        foreach (var path in new[] { "/api/rooms", "/api/rooms/general/presence", "/api/users/me/notifications", "/api/diagnostics/stream" }) await GetAsync(path);
        foreach (var path in new[] { "/api/rooms/general/typing", Read }) await PostAsync(path, "{}", HttpStatusCode.Unauthorized);

        async Task<JsonElement> GetAsync(string path, HttpMethod? method = null)
        {
            using var answer = await ada.SendAsync(new HttpRequestMessage(method ?? HttpMethod.Get, path));
            return method is null ? (await answer.JsonAsync()).Clone() : default;
        }

        async Task PostAsync(string path, string body, HttpStatusCode status, params (string Name, string Value)[] headers)
        {
            using var answer = await ada.PostTextAsync(path, body, headers);
            answer.StatusCode.ShouldBe(status, path);
        }
    }

    [Fact]
    public async Task Every_event_about_them_fits_both_documents_and_holds_nothing_that_is_not_described()
    {
        await using var room = await _host.OpenAsync("/api/rooms/general/events?as=bob&heartbeat=event&types=none");
        await using var user = await _host.OpenAsync("/api/users/me/events?as=bob");
        Fits("room", room.Welcome);
        Fits("user", user.Welcome);

        await using (await _host.OpenAsync("/api/rooms/general/events?as=ada"))
        {
            (await AwaitAsync("room", room, "presence")).GetProperty("joined")[0].GetProperty("id").GetString().ShouldBe("ada");
            (await _host.Http.PostTextAsync("/api/rooms/general/typing?as=ada", """{"typing":true}""")).EnsureSuccessStatusCode();
            (await AwaitAsync("room", room, "typing")).GetProperty("typing").GetBoolean().ShouldBeTrue();
        }

        (await AwaitAsync("room", room, "presence", block => block.Json.TryGetProperty("left", out _))).GetProperty("left")[0].GetProperty("id").GetString().ShouldBe("ada");
        await AwaitAsync("room", room, "ping");

        using var message = await _host.Http.PostTextAsync("/api/users/bob/messages?as=ada", """{"text":"psst","data":{"a":1}}""");
        await AwaitAsync("user", user, "private-message");
        (await _host.Http.PostTextAsync("/api/users/me/notifications/read?as=bob", $$"""{"upTo":"{{(await message.JsonAsync()).GetProperty("id").GetString()}}"}""")).EnsureSuccessStatusCode();
        (await AwaitAsync("user", user, "notifications:read")).GetProperty("data").GetProperty("unread").GetInt32().ShouldBe(0);

        await using var check = await SseStreamReader.OpenRawAsync(_host.NewClient(), "/api/diagnostics/stream?as=bob&silence=0");
        var blocks = await check.ReadToEndAsync();
        blocks.Select(block => block.Event!).Distinct().ShouldBe(["request", "mark", "done"]);
        foreach (var block in blocks) Fits("diagnostics", block);

        await using var third = await _host.OpenAsync("/api/users/me/events?as=bob");
        await using var fourth = await _host.OpenAsync("/api/users/me/events?as=bob");
        await using var refused = await SseStreamReader.OpenRawAsync(_host.NewClient(), "/api/diagnostics/stream?as=bob&silence=0");
        (await AwaitAsync("diagnostics", refused, "busy")).GetProperty("reason").GetString().ShouldBe("too-many-streams");
    }

    private async Task<JsonElement> AwaitAsync(string channel, SseStreamReader stream, string type, Func<SseBlock, bool>? isIt = null)
    {
        while (true)
        {
            var block = await stream.ReadAsync();
            if (block.Event is null) continue;
            Fits(channel, block);
            if (block.Event == type && isIt?.Invoke(block) is not false) return block.Json;
        }
    }

    private void Fits(string channel, SseBlock block)
    {
        var described = _asyncApi.GetProperty("channels").GetProperty(channel);
        var schemas = new JsonSchema(_asyncApi);
        var message = described.GetProperty("messages").EnumerateObject().Select(m => schemas.Resolve(m.Value)).Single(m => m.GetProperty("name").GetString() == block.Event);
        Fits(schemas, message.GetProperty("payload"), block);

        var stream = _openApi.GetProperty("paths").GetProperty(described.GetProperty("address").GetString()!).GetProperty("get")
            .GetProperty("responses").GetProperty("200").GetProperty("content").GetProperty("text/event-stream");
        Fits(new(_openApi), stream.GetProperty("x-events").GetProperty(block.Event!), block);
    }

    private static void Fits(JsonSchema schemas, JsonElement schema, SseBlock block)
    {
        schemas.Check(schema, block.Json).ShouldBeEmpty(block.Event);
        schemas.Undescribed(schema, block.Json).ShouldBeEmpty(block.Event);
    }
}
