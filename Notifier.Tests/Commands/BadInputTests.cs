using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Notifier.Tests.Support;

namespace Notifier.Tests.Commands;

public sealed class BadInputTests(NotifierHost host) : IClassFixture<NotifierHost>
{
    /// <summary>Every path that has a name in it, with the name's field.</summary>
    public static TheoryData<string, string, string> NamedPaths => new()
    {
        { "POST", "/api/rooms/{n}/messages", "room" },
        { "POST", "/api/rooms/{n}/events", "room" },
        { "POST", "/api/users/{n}/messages", "user" },
        { "POST", "/api/users/{n}/notifications", "user" },
        { "POST", "/api/tracks/{n}/lessons/abc/complete", "trackId" },
        { "POST", "/api/tracks/abc/lessons/{n}/complete", "lessonId" },
        { "POST", "/api/rooms/{n}/typing", "room" },
        { "POST", "/api/users/{n}/notifications/read", "user" },
        { "GET", "/api/rooms/{n}/events", "room" },
        { "GET", "/api/rooms/{n}/presence", "room" },
        { "GET", "/api/users/{n}/notifications", "user" },
        { "GET", "/api/users/{n}/events", "user" },
        { "GET", "/api/rooms/{n}/messages", "room" },
        { "GET", "/api/tracks/{n}/progress", "trackId" },
    };

    [Theory]
    [MemberData(nameof(NamedPaths))]
    public async Task A_name_that_breaks_the_rule_is_refused_by_its_field(string method, string path, string field)
    {
        string[] names = ["-a", "~a", ".a", ":a", "a%20b", "a%2Fb", "a%0Ab", "a%0D", "%C3%A9", "a%F0%9F%91%8B", "a%7Fb", "a*", "a@b", "a%25b", "..a", new('x', 129), new('x', 3000)];
        foreach (var name in names)
        {
            using var answer = await SendAsync(method, path.Replace("{n}", name, StringComparison.Ordinal));

            await answer.ShouldBeInvalidAsync(field);
        }
    }

    [Theory]
    [MemberData(nameof(NamedPaths))]
    public async Task A_name_that_a_client_or_a_server_would_tidy_away_is_refused_all_the_same(string method, string path, string field)
    {
        field.ShouldNotBeEmpty();
        foreach (var name in new[] { "..", ".", "%2e%2e", "%2E.", "a%00b", "%00" })
        {
            var target = path.Replace("{n}", name, StringComparison.Ordinal);
            using var answer = method == "POST"
                ? await host.PostRawAsync(target, """{"text":"hi","type":"t","data":1,"title":"hi"}""")
                : await host.SendRawAsync($"GET {target} HTTP/1.1\r\nHost: test\r\nAccept: application/json\r\n\r\n");

            await answer.ShouldBeProblemAsync(HttpStatusCode.BadRequest);
        }
    }

    [Theory]
    [MemberData(nameof(NamedPaths))]
    public async Task A_name_of_128_characters_of_the_rule_is_taken(string method, string path, string field)
    {
        field.ShouldNotBeEmpty();
        var name = (Fresh.Room() + "aZ09._~:-").PadRight(128, '~');

        using var answer = await SendAsync(method, $"{path.Replace("{n}", name, StringComparison.Ordinal)}?as={name}");

        answer.IsSuccessStatusCode.ShouldBeTrue(await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("/api/rooms/{n}/messages", """{"text":"a\u0000b"}""")]
    [InlineData("/api/rooms/{n}/messages", """{"text":"hi","data":{"a":[{"b":"\u0000"}]}}""")]
    [InlineData("/api/rooms/{n}/messages", """{"text":"hi","data":{"a\u0000":1}}""")]
    [InlineData("/api/rooms/{n}/messages", """{"text":"hi","clientMessageId":"\u0000"}""")]
    [InlineData("/api/rooms/{n}/messages", """{"text":"hi","unknown":"\u0000"}""")]
    [InlineData("/api/rooms/{n}/messages", """{"text":"hi","\u0000":1}""")]
    [InlineData("/api/rooms/{n}/messages", """{"text":"hi","onBehalfOf":{"id":"ada","name":"\u0000"}}""")]
    [InlineData("/api/rooms/{n}/events", """{"type":"t\u0000","data":1}""")]
    [InlineData("/api/rooms/{n}/events", """{"type":"t","data":"\u0000"}""")]
    [InlineData("/api/rooms/{n}/events", """{"type":"t","data":"\u0000","ephemeral":true}""")]
    [InlineData("/api/users/{n}/messages", """{"text":"\u0000"}""")]
    [InlineData("/api/users/{n}/notifications", """{"title":"\u0000"}""")]
    [InlineData("/api/users/{n}/notifications", """{"title":"hi","kind":"\u0000"}""")]
    [InlineData("/api/broadcast", """{"type":"t","data":{"x":"\u0000"}}""")]
    [InlineData("/api/publish", """{"topics":["room:{n}\u0000"],"type":"t","data":1}""")]
    [InlineData("/api/publish", """[{"topics":["room:{n}"],"type":"t","data":["\u0000"]}]""")]
    [InlineData("/api/tracks/{n}/lessons/abc/complete", """{"userId":"ada\u0000"}""")]
    [InlineData("/api/tickets", """{"topics":["room:{n}\u0000"]}""")]
    [InlineData("/api/dev/tokens", """{"sub":"ada","roles":["\u0000"]}""")]
    public async Task NUL_is_refused_in_whatever_field_of_a_body_it_hides(string path, string json)
    {
        var name = Fresh.Room();

        using var answer = await host.Http.PostTextAsync(path.Replace("{n}", name, StringComparison.Ordinal), json.Replace("{n}", name, StringComparison.Ordinal));
        using var bare = await host.Http.PostTextAsync(
            path.Replace("{n}", name, StringComparison.Ordinal), json.Replace("{n}", name, StringComparison.Ordinal).Replace("\\u0000", "\0", StringComparison.Ordinal));

        await answer.ShouldBeProblemAsync(HttpStatusCode.BadRequest);
        await bare.ShouldBeProblemAsync(HttpStatusCode.BadRequest);
        (await host.Http.StoredAsync($"room:{name}")).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("/api/rooms/a/messages?limit=5%00")]
    [InlineData("/api/rooms/a/messages?before=5-0%00")]
    [InlineData("/api/rooms/a/messages?after=5-0%00")]
    [InlineData("/api/rooms/a/messages?types=t%00")]
    [InlineData("/api/rooms/a/events?lastEventId=5-0%00")]
    [InlineData("/api/rooms/a/events?last=5%00")]
    [InlineData("/api/rooms/a/events?wait=0%00")]
    [InlineData("/api/rooms/a/events?since=90s%00")]
    [InlineData("/api/rooms/a/events?since=2026-11-20T08:42:47Z%00")]
    [InlineData("/api/rooms/a/events?types=t%00")]
    [InlineData("/api/rooms/a/events?presence=%00")]
    [InlineData("/api/rooms/a/events?heartbeat=event%00")]
    [InlineData("/api/rooms/a/events?as=ada%00")]
    [InlineData("/api/events?topic=room:a%00")]
    [InlineData("/api/events?topic=room:a@5-0%00")]
    public async Task NUL_is_refused_in_a_query(string target)
    {
        using var answer = await SendAsync("GET", target);

        await answer.ShouldBeProblemAsync(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Line_breaks_come_back_as_they_were_sent_and_never_break_a_frame()
    {
        var room = Fresh.Room();
        const string Nasty = "\r\n\n\r: x\n\nid: 9-9\nevent: fake\ndata: {}\n\n\u2028\u2029\u0085\u0001\u001f\u007f\ufeff</script>&\"\\";
        var message = new { text = Nasty, data = new Dictionary<string, object> { [Nasty] = new[] { Nasty } } };
        await using var stream = await host.OpenAsync($"/api/rooms/{room}/events?presence=false");
        await using var positions = await host.OpenAsync($"/api/events?topic=room:{room}&presence=false");

        using var stored = await host.Http.PostTextAsync($"/api/rooms/{room}/messages", JsonSerializer.Serialize(message));
        using var ephemeral = await host.Http.PostTextAsync(
            $"/api/rooms/{room}/events", JsonSerializer.Serialize(new { type = "t", data = message, ephemeral = true }));
        using var pretty = await host.Http.PostTextAsync($"/api/rooms/{room}/events", "{\r\n\"type\":\"t\",\r\n\"data\":\r\n{\r\n\"a\"\n:\r[\n1\n]}\n}");

        stored.StatusCode.ShouldBe(HttpStatusCode.Created);
        ephemeral.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        pretty.StatusCode.ShouldBe(HttpStatusCode.Created);
        var expected = JsonSerializer.SerializeToElement(message);
        foreach (var blocks in new[] { await stream.ReadAsync(3), await positions.ReadAsync(3) })
        {
            blocks.ConvertAll(b => b.Event).ShouldBe(["message", "t", "t"]);
            JsonElement.DeepEquals(blocks[0].Json.GetProperty("data"), expected).ShouldBeTrue(blocks[0].Data);
            JsonElement.DeepEquals(blocks[1].Json.GetProperty("data"), expected).ShouldBeTrue(blocks[1].Data);
            JsonElement.DeepEquals(blocks[2].Json.GetProperty("data"), JsonDocument.Parse("""{"a":[1]}""").RootElement).ShouldBeTrue(blocks[2].Data);
        }

        JsonElement.DeepEquals((await host.Http.StoredAsync($"room:{room}"))[0].GetProperty("data"), expected).ShouldBeTrue();
    }

    [Theory]
    [InlineData("""{"text":"\ud800"}""")]
    [InlineData("""{"text":"\udc00x"}""")]
    [InlineData("""{"text":"\ud83dx\udc4b"}""")]
    [InlineData("""{"text":"hi","data":{"a":["\ud83d"]}}""")]
    [InlineData("""{"text":"hi","data":{"\ud83d":1}}""")]
    [InlineData("""{"text":"hi","clientMessageId":"\udc4b"}""")]
    [InlineData("""{"text":"hi","onBehalfOf":{"id":"ada","name":"\udc4b"}}""")]
    [InlineData("""{"text":"\x41"}""")]
    [InlineData("""{"text":"\u00g0"}""")]
    [InlineData("""{"text":"hi","data":{"a":01}}""")]
    [InlineData("""{"text":"hi","data":{"a":NaN}}""")]
    [InlineData("""{"text":"hi","data":{"a":.5}}""")]
    public async Task What_no_UTF_8_and_no_JSON_can_hold_is_refused(string json)
    {
        var room = Fresh.Room();

        using var answer = await host.Http.PostTextAsync($"/api/rooms/{room}/messages", json);

        await answer.ShouldBeProblemAsync(HttpStatusCode.BadRequest);
        (await host.Http.StoredAsync($"room:{room}")).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(new byte[] { 0xff })]
    [InlineData(new byte[] { 0xc3 })]
    [InlineData(new byte[] { 0xc0, 0x80 })]
    [InlineData(new byte[] { 0xed, 0xa0, 0x80 })]
    [InlineData(new byte[] { 0xf4, 0x90, 0x80, 0x80 })]
    public async Task Bytes_that_are_not_UTF_8_are_refused(byte[] bytes)
    {
        var room = Fresh.Room();
        foreach (var (head, tail) in new[] { ("{\"text\":\"", "\"}"), ("{\"text\":\"hi\",\"data\":{\"", "\":1}}"), ("{\"text\":\"hi\",\"data\":{\"a\":\"", "\"}}") })
        {
            var content = new ByteArrayContent([.. Encoding.UTF8.GetBytes(head), .. bytes, .. Encoding.UTF8.GetBytes(tail)]);
            content.Headers.ContentType = new MediaTypeHeaderValue("application/json");

            using var answer = await host.Http.PostAsync($"/api/rooms/{room}/messages", content);

            await answer.ShouldBeProblemAsync(HttpStatusCode.BadRequest);
        }

        (await host.Http.StoredAsync($"room:{room}")).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("messages", "{\"text\":\"hi\",\"data\":{\"a\":", "}}", 2)]
    [InlineData("events", "{\"type\":\"t\",\"data\":", "}", 1)]
    public async Task JSON_of_64_levels_is_taken_and_comes_back_and_one_of_65_is_refused(string command, string head, string tail, int levels)
    {
        var room = Fresh.Room();
        string Nested(int depth) => head + new string('[', depth - levels) + new string(']', depth - levels) + tail;

        using var tooDeep = await host.Http.PostTextAsync($"/api/rooms/{room}/{command}", Nested(65));
        using var hostile = await host.Http.PostTextAsync($"/api/rooms/{room}/{command}", Nested(8000));
        using var deepest = await host.Http.PostTextAsync($"/api/rooms/{room}/{command}", Nested(64));

        await tooDeep.ShouldBeProblemAsync(HttpStatusCode.BadRequest);
        await hostile.ShouldBeProblemAsync(HttpStatusCode.BadRequest);
        deepest.StatusCode.ShouldBe(HttpStatusCode.Created, await deepest.Content.ReadAsStringAsync());
        await using var stream = await host.OpenAsync($"/api/rooms/{room}/events?since=all&presence=false");
        (await stream.ReadAsync()).Data!.ShouldContain(new string('[', 64 - levels));
    }

    [Theory]
    [InlineData("/api/tickets", """{"topics":"room:a"}""", "topics")]
    [InlineData("/api/tickets", """{"topics":[5]}""", "topics")]
    [InlineData("/api/tickets", """{"topics":["room:a b"]}""", "topics")]
    [InlineData("/api/tickets", """{"topics":[null]}""", "topics")]
    [InlineData("/api/tickets", """["room:a"]""", "$")]
    [InlineData("/api/dev/tokens", """{}""", "sub")]
    [InlineData("/api/dev/tokens", """{"sub":"a b"}""", "sub")]
    [InlineData("/api/dev/tokens", """{"sub":5}""", "sub")]
    [InlineData("/api/dev/tokens", """{"sub":"ada","roles":"admin"}""", "roles")]
    [InlineData("/api/dev/tokens", """{"sub":"ada","roles":[null]}""", "roles")]
    [InlineData("/api/dev/tokens", """{"sub":"ada","rooms":[null]}""", "rooms")]
    [InlineData("/api/dev/tokens", """{"sub":"ada","expiresInSeconds":0}""", "expiresInSeconds")]
    [InlineData("/api/dev/tokens", """{"sub":"ada","expiresInSeconds":-1}""", "expiresInSeconds")]
    [InlineData("/api/dev/tokens", """{"sub":"ada","expiresInSeconds":1.5}""", "expiresInSeconds")]
    [InlineData("/api/dev/tokens", """{"sub":"ada","expiresInSeconds":1e99}""", "expiresInSeconds")]
    [InlineData("/api/dev/tokens", """{"sub":"ada","expiresInSeconds":99999999999999999999}""", "expiresInSeconds")]
    [InlineData("/api/dev/tokens", """{"sub":"ada","expiresInSeconds":"60"}""", "expiresInSeconds")]
    public async Task A_field_of_another_type_or_range_is_refused_by_its_name(string path, string json, string field)
    {
        using var answer = await host.Http.PostTextAsync(path, json);

        var problem = await answer.ShouldBeProblemAsync(HttpStatusCode.BadRequest);
        problem.GetProperty("errors").EnumerateObject().Single().Name.ShouldStartWith(field);
    }

    private Task<HttpResponseMessage> SendAsync(string method, string target)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), target);
        if (method == "POST") request.Content = new StringContent("""{"text":"hi","type":"t","data":{},"title":"hi","typing":true,"upTo":"0-0"}""", Encoding.UTF8, "application/json");
        else request.Headers.Accept.ParseAdd("application/json");
        return host.Http.SendAsync(request);
    }
}
