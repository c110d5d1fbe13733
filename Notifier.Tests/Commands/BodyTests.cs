using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Notifier.Tests.Support;

namespace Notifier.Tests.Commands;

public sealed class BodyTests(NotifierHost host) : IClassFixture<NotifierHost>
{
    [Theory]
    [ClassData(typeof(EveryCommand))]
    public async Task A_body_at_the_limit_is_taken_and_a_byte_more_is_not(string path, string members, string topic)
    {
        (var name, path, members, topic) = EveryCommand.Fill(path, members, topic);
        var limit = path == "/api/publish" ? 1 << 20 : 16 * 1024;
        var before = (await host.Http.StoredAsync(topic, name)).Count;

        using var tooLong = await host.Http.PostTextAsync(path, $"{{{members}}}".PadRight(limit + 1));
        using var chunked = await SendChunkedAsync(path, $"{{{members}}}".PadRight(limit + 1));
        using var longest = await host.Http.PostTextAsync(path, $"{{{members}}}".PadRight(limit));

        await tooLong.ShouldBeProblemAsync(HttpStatusCode.RequestEntityTooLarge);
        await chunked.ShouldBeProblemAsync(HttpStatusCode.RequestEntityTooLarge);
        longest.StatusCode.ShouldBe(HttpStatusCode.Created);
        (await host.Http.StoredAsync(topic, name)).Count.ShouldBe(before + 1);
    }

    [Theory]
    [ClassData(typeof(EveryCommand))]
    public async Task A_body_in_chunks_is_read_like_any_other(string path, string members, string topic)
    {
        (_, path, members, _) = EveryCommand.Fill(path, members, topic);

        using var answer = await SendChunkedAsync(path, $"{{{members}}}".PadRight(10_000));

        answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("/api/rooms/a/messages", """{"text":"hi"}""")]
    [InlineData("/api/publish", """{"topics":["room:a"],"type":"t","data":1}""")]
    public async Task A_body_of_many_megabytes_is_refused_as_too_large(string path, string json)
    {
        using var answer = await host.Http.PostTextAsync(path, json.PadRight(4 << 20));

        await answer.ShouldBeProblemAsync(HttpStatusCode.RequestEntityTooLarge);
    }

    [Fact]
    public async Task The_limit_of_a_body_is_a_setting()
    {
        await using var small = NotifierHost.With(("Commands:MaxBodyBytes", "256"));

        using var tooLong = await small.Http.PostTextAsync("/api/rooms/a/messages", """{"text":"hi"}""".PadRight(257));
        using var longest = await small.Http.PostTextAsync("/api/rooms/a/messages", """{"text":"hi"}""".PadRight(256));
        using var publish = await small.Http.PostTextAsync("/api/publish", """{"topics":["room:a"],"type":"t","data":1}""".PadRight(257));

        await tooLong.ShouldBeProblemAsync(HttpStatusCode.RequestEntityTooLarge);
        longest.StatusCode.ShouldBe(HttpStatusCode.Created);
        publish.StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    [Theory]
    [ClassData(typeof(EveryCommand))]
    public async Task Another_content_type_than_JSON_is_refused(string path, string members, string topic)
    {
        (_, path, members, _) = EveryCommand.Fill(path, members, topic);
        foreach (var type in new[] { null, "text/plain", "application/x-www-form-urlencoded", "application/json; charset=utf-16", "json" })
        {
            var content = new ByteArrayContent(Encoding.UTF8.GetBytes($"{{{members}}}"));
            if (type is not null) content.Headers.TryAddWithoutValidation("Content-Type", type);

            using var answer = await host.Http.PostAsync(path, content);

            await answer.ShouldBeProblemAsync(HttpStatusCode.UnsupportedMediaType);
        }
    }

    [Fact]
    public async Task A_content_type_that_only_ends_in_JSON_is_another_one()
    {
        var content = new ByteArrayContent("""{"text":"hi"}"""u8.ToArray());
        content.Headers.TryAddWithoutValidation("Content-Type", "application/problem+json");

        using var answer = await host.Http.PostAsync($"/api/rooms/{Fresh.Room()}/messages", content);

        await answer.ShouldBeProblemAsync(HttpStatusCode.UnsupportedMediaType);
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("application/json; charset=utf-8")]
    [InlineData("Application/JSON;charset=\"UTF-8\"")]
    public async Task JSON_is_JSON_however_its_type_is_written(string type)
    {
        var content = new ByteArrayContent("""{"text":"Grüße, 世界 👋"}"""u8.ToArray());
        content.Headers.TryAddWithoutValidation("Content-Type", type);
        var room = Fresh.Room();

        using var answer = await host.Http.PostAsync($"/api/rooms/{room}/messages", content);

        answer.StatusCode.ShouldBe(HttpStatusCode.Created);
        (await host.Http.StoredAsync($"room:{room}")).Single().GetProperty("data").GetProperty("text").GetString().ShouldBe("Grüße, 世界 👋");
    }

    [Theory]
    [ClassData(typeof(EveryCommand))]
    public async Task What_is_not_a_JSON_object_is_refused(string path, string members, string topic)
    {
        (var name, path, members, topic) = EveryCommand.Fill(path, members, topic);
        var before = (await host.Http.StoredAsync(topic, name)).Count;
        var bodies = new List<string> { " ", "{", $"{{{members}", $"{{{members}}}}}", $"{{{members}}} x", $"{{{members},}}", $"/**/{{{members}}}", "{'text':'hi'}", "nonsense", "null", "5", "\"text\"", "true" };
        if (path != "/api/publish") bodies.AddRange(["[]", $"[{{{members}}}]"]);
        if (!path.Contains("/lessons/", StringComparison.Ordinal)) bodies.Add("");

        foreach (var body in bodies)
        {
            using var answer = await host.Http.PostTextAsync(path, body);

            var problem = await answer.ShouldBeProblemAsync(HttpStatusCode.BadRequest);
            problem.GetProperty("errors").EnumerateObject().ShouldNotBeEmpty(body);
        }

        (await host.Http.StoredAsync(topic, name)).Count.ShouldBe(before);
    }

    [Theory]
    [InlineData("/api/rooms/a/messages", """{"text":"LONG"}""")]
    [InlineData("/api/rooms/a/events", """{"type":"t","data":"LONG"}""")]
    [InlineData("/api/rooms/a/events", """{"type":"t","data":"LONG","ephemeral":true}""")]
    [InlineData("/api/users/bob/messages", """{"text":"LONG"}""")]
    [InlineData("/api/users/bob/notifications", """{"message":"LONG"}""")]
    [InlineData("/api/broadcast", """{"type":"t","data":"LONG"}""")]
    [InlineData("/api/publish", """{"topics":["room:a"],"type":"t","data":"LONG"}""")]
    [InlineData("/api/publish", """[{"topics":["room:a"],"type":"t","data":1},{"topics":["user:bob"],"type":"t","data":"LONG"}]""")]
    [InlineData("/api/tracks/LONG/lessons/LONG/complete", """{"userId":"LONG"}""")]
    public async Task An_event_whose_envelope_would_be_too_large_is_refused_and_not_stored(string path, string json)
    {
        await using var small = NotifierHost.With(("Log:MaxEventBytes", "512"));
        var name = new string('x', 120);
        path = path.Replace("LONG", name, StringComparison.Ordinal);
        json = json.Replace("LONG", path.Contains(name, StringComparison.Ordinal) ? name : new string('x', 600), StringComparison.Ordinal);

        using var answer = await small.Http.PostTextAsync(path, json);

        await answer.ShouldBeProblemAsync(HttpStatusCode.RequestEntityTooLarge);
        foreach (var topic in new[] { "room:a", "user:bob", "all", $"room:class:{name}" }) (await small.Http.StoredAsync(topic, "bob")).ShouldBeEmpty();
    }

    private Task<HttpResponseMessage> SendChunkedAsync(string path, string json)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StreamContent(new MemoryStream(Encoding.UTF8.GetBytes(json))) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.TransferEncodingChunked = true;
        return host.Http.SendAsync(request);
    }
}
