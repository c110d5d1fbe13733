using System.Net;
using System.Text;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Notifier.Tests.Support;

namespace Notifier.Tests.Access;

/// <summary>CONTRACT: checks come in the order 401, 400/413/415, 403, 406, limits. Held against every route there is, with requests that several checks refuse.</summary>
public sealed class CheckOrderTests(CheckOrderTests.StrictHost strict) : IClassFixture<CheckOrderTests.StrictHost>
{
    private static readonly string Long = new('x', 600);
    private static readonly string Name = new('n', 128);

    private readonly NotifierHost _host = strict.Host;

    /// <summary>Route, path, a body, one that is invalid, one whose event is too large (empty: none can be), and the path that goes with that one.</summary>
    public static TheoryData<string, string, string, string, string, string> Commands { get; } = new()
    {
        { "/api/rooms/{room}/messages", "/api/rooms/secret/messages", """{"text":"hi"}""", """{"text":""}""", $$"""{"text":"{{Long}}"}""", "" },
        { "/api/rooms/{room}/events", "/api/rooms/secret/events", """{"type":"t","data":1}""", """{"type":"welcome","data":1}""", $$"""{"type":"t","data":"{{Long}}"}""", "" },
        { "/api/rooms/{room}/events", "/api/rooms/secret/events", """{"type":"t","data":1,"ephemeral":true}""", """{"type":"t","ephemeral":true}""", $$"""{"type":"t","data":"{{Long}}","ephemeral":true}""", "" },
        { "/api/rooms/{room}/typing", "/api/rooms/secret/typing", """{"typing":true}""", "{}", "", "" },
        { "/api/users/{user}/messages", "/api/users/bob/messages", """{"text":"hi","onBehalfOf":{"id":"eve"}}""", """{"text":"","onBehalfOf":{"id":"eve"}}""", $$$"""{"text":"{{{Long}}}","onBehalfOf":{"id":"eve"}}""", "" },
        { "/api/users/{user}/notifications", "/api/users/bob/notifications", """{"title":"hi"}""", "{}", $$"""{"message":"{{Long}}"}""", "" },
        { "/api/users/{user}/notifications/read", "/api/users/bob/notifications/read", """{"upTo":"1-0"}""", """{"upTo":"yesterday"}""", "", "" },
        { "/api/broadcast", "/api/broadcast", """{"type":"t","data":1}""", """{"type":"t"}""", $$"""{"type":"t","data":"{{Long}}"}""", "" },
        { "/api/publish", "/api/publish", """{"topics":["all"],"type":"t","data":1}""", """{"topics":[],"type":"t","data":1}""", $$"""{"topics":["all"],"type":"t","data":"{{Long}}"}""", "" },
        { "/api/publish", "/api/publish", """[{"topics":["all"],"type":"t","data":1}]""", """[{"topics":["room:a","room:a"],"type":"t","data":1}]""", $$"""[{"topics":["all"],"type":"t","data":"{{Long}}"}]""", "" },
        { "/api/tracks/{trackId}/lessons/{lessonId}/complete", "/api/tracks/secret/lessons/l/complete", "{}", """{"userId":"a b"}""", $$"""{"userId":"{{Name}}"}""", $"/api/tracks/{Name}/lessons/{Name}/complete" },
        { "/api/tickets", "/api/tickets", """{"topics":["room:secret"]}""", """{"topics":[]}""", "", "" },
    };

    /// <summary>Method, route, path, an invalid query, and whether a right is asked for.</summary>
    public static TheoryData<string, string, string, string, bool> Queries { get; } = new()
    {
        { "GET", "/api/rooms/{room}/messages", "/api/rooms/secret/messages", "limit=0", true },
        { "GET", "/api/rooms/{room}/presence", "/api/rooms/secret/presence", "limit=0", true },
        { "GET", "/api/rooms", "/api/rooms", "x=%00", false },
        { "GET", "/api/users/{user}/notifications", "/api/users/bob/notifications", "unread=perhaps", true },
        { "GET", "/api/tracks/{trackId}/progress", "/api/tracks/secret/progress", "x=%00", true },
        { "GET", "/api/admin/connections", "/api/admin/connections", "x=%00", true },
        { "DELETE", "/api/admin/users/{user}/connections", "/api/admin/users/bob/connections", "forSeconds=-1", true },
        { "POST", "/api/session", "/api/session", "x=%00", false },
        { "DELETE", "/api/session", "/api/session", "x=%00", false },
        { "GET", "/api/diagnostics/stream", "/api/diagnostics/stream", "silence=long", false },
        { "GET", "/api/diagnostics/stream", "/api/diagnostics/stream", "x=%00", false },
    };

    /// <summary>Route, path, and an invalid query.</summary>
    public static TheoryData<string, string, string> Streams { get; } = new()
    {
        { "/api/rooms/{room}/events", "/api/rooms/secret/events?", "last=0" },
        { "/api/users/{user}/events", "/api/users/bob/events?", "since=soon" },
        { "/api/events", "/api/events?topic=room:secret&", "lastEventId=1-0" },
        { "/api/admin/events", "/api/admin/events?", "x=%00" },
    };

    [Theory]
    [MemberData(nameof(Commands))]
    public async Task A_command_is_asked_for_its_token_its_form_its_right_and_its_rate_in_this_order(
        string route, string path, string body, string invalid, string tooLarge, string tooLargePath)
    {
        using var nobody = _host.NewClient();
        using var user = _host.NewClient(TestTokens.For(Fresh.User(), rooms: ["open"]));
        using var admin = _host.NewClient(TestTokens.For(Fresh.User(), roles: ["admin"]));
        foreach (var client in new[] { user, admin }) await SpendPermitsAsync(client);

        var answers = new Dictionary<string, HttpStatusCode>(StringComparer.Ordinal)
        {
            ["no token, invalid"] = await PostAsync(nobody, path, invalid),
            ["no token, too large"] = await PostAsync(nobody, path, body.PadRight(1_200_000)),
            ["forbidden, too often, invalid"] = await PostAsync(user, path, invalid),
            ["forbidden, too often, of another type"] = await PostAsync(user, path, body, "text/plain"),
            ["forbidden, too often, too large"] = await PostAsync(user, path, body.PadRight(1_200_000)),
            ["forbidden, too often, too large an event"] = tooLarge.Length > 0 ? await PostAsync(user, tooLargePath.Length > 0 ? tooLargePath : path, tooLarge) : HttpStatusCode.RequestEntityTooLarge,
            ["forbidden, too often"] = await PostAsync(user, path, body),
            ["too often, invalid"] = await PostAsync(admin, path, invalid),
            ["too often"] = await PostAsync(admin, path, body),
        };

        answers.ShouldBe(
            new Dictionary<string, HttpStatusCode>(StringComparer.Ordinal)
            {
                ["no token, invalid"] = HttpStatusCode.Unauthorized,
                ["no token, too large"] = HttpStatusCode.Unauthorized,
                ["forbidden, too often, invalid"] = HttpStatusCode.BadRequest,
                ["forbidden, too often, of another type"] = HttpStatusCode.UnsupportedMediaType,
                ["forbidden, too often, too large"] = HttpStatusCode.RequestEntityTooLarge,
                ["forbidden, too often, too large an event"] = HttpStatusCode.RequestEntityTooLarge,
                ["forbidden, too often"] = HttpStatusCode.Forbidden,
                ["too often, invalid"] = HttpStatusCode.BadRequest,
                ["too often"] = HttpStatusCode.TooManyRequests,
            },
            ignoreOrder: true,
            route);
    }

    [Theory]
    [MemberData(nameof(Queries))]
    public async Task A_query_is_asked_for_its_token_its_form_and_its_right_in_this_order(string method, string route, string path, string invalid, bool takesARight)
    {
        using var nobody = _host.NewClient();
        using var user = _host.NewClient(TestTokens.For(Fresh.User(), rooms: ["open"]));

        (await SendAsync(nobody, method, $"{path}?{invalid}", "*/*")).ShouldBe(HttpStatusCode.Unauthorized, route);
        (await SendAsync(user, method, $"{path}?{invalid}", "*/*")).ShouldBe(HttpStatusCode.BadRequest, route);
        if (takesARight) (await SendAsync(user, method, path, "*/*")).ShouldBe(HttpStatusCode.Forbidden, route);
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public async Task A_stream_is_asked_for_its_token_its_form_its_right_what_it_accepts_and_whether_there_is_room_in_this_order(string route, string path, string invalid)
    {
        var root = TestTokens.For(Fresh.User(), roles: ["admin"]);
        using var nobody = _host.NewClient();
        using var user = _host.NewClient(TestTokens.For(Fresh.User(), rooms: ["open"]));
        using var admin = _host.NewClient(root);
        await using var only = await _host.OpenAsync("/api/rooms/open/events", token: root);

        foreach (var method in new[] { "GET", "HEAD" })
        {
            (await SendAsync(nobody, method, $"{path}{invalid}", "text/html")).ShouldBe(HttpStatusCode.Unauthorized, route);
            (await SendAsync(user, method, $"{path}{invalid}", "text/html")).ShouldBe(HttpStatusCode.BadRequest, route);
            (await SendAsync(user, method, path, "text/html")).ShouldBe(HttpStatusCode.Forbidden, route);
            (await SendAsync(admin, method, path, "text/html")).ShouldBe(HttpStatusCode.NotAcceptable, route);
        }

        (await SendAsync(admin, "GET", path, "application/json")).ShouldBe(HttpStatusCode.ServiceUnavailable, route);
    }

    [Fact]
    public void No_route_is_left_out()
    {
        var asked = Commands.Select(row => $"POST {row[0]}").Concat(Queries.Select(row => $"{row[0]} {row[1]}")).Concat(Streams.Select(row => $"GET {row[0]}"));
        var mapped = _host.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.RoutePattern.RawText!.StartsWith("/api/", StringComparison.Ordinal))
            .SelectMany(endpoint => endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Select(method => $"{method} {endpoint.RoutePattern.RawText}"));

        asked.Distinct().Order(StringComparer.Ordinal).ShouldBe(mapped.Where(route => !route.StartsWith("HEAD ", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    /// <summary>Takes the one command and the one ephemeral event that the caller may send in a minute.</summary>
    private static async Task SpendPermitsAsync(HttpClient client)
    {
        (await PostAsync(client, "/api/rooms/open/messages", """{"text":"the only one"}""")).ShouldBe(HttpStatusCode.Created);
        (await PostAsync(client, "/api/rooms/open/typing", """{"typing":true}""")).ShouldBe(HttpStatusCode.Accepted);
    }

    private static async Task<HttpStatusCode> PostAsync(HttpClient client, string path, string body, string contentType = "application/json")
    {
        using var answer = await client.PostAsync(path, new StringContent(body, Encoding.UTF8, contentType));
        return answer.StatusCode;
    }

    private static async Task<HttpStatusCode> SendAsync(HttpClient client, string method, string path, string accept)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.Accept.ParseAdd(accept);
        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        return answer.StatusCode;
    }

    /// <summary>The service with room for one stream of a user and one command a minute, and for small events alone.</summary>
    public sealed class StrictHost : IAsyncDisposable, IDisposable
    {
        public NotifierHost Host { get; } = NotifierHost.In(
            "Production", ("Auth:SigningKey", TestTokens.Key), ("Log:MaxEventBytes", "512"), ("Streams:MaxPerUser", "1"), ("Commands:Burst", "1"),
            ("Commands:PermitsPerMinute", "1"), ("Commands:PublisherPermitsPerMinute", "1"), ("Commands:EphemeralPerMinute", "1"));

        public ValueTask DisposeAsync() => Host.DisposeAsync();

        public void Dispose() => Host.Dispose();
    }
}
