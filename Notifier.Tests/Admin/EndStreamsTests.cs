using System.Net;
using Notifier.Tests.Support;

namespace Notifier.Tests.Admin;

public sealed class EndStreamsTests(TokenHost tokens) : IClassFixture<TokenHost>
{
    private readonly NotifierHost _host = tokens.Host;

    [Fact]
    public async Task Revoked_streams_are_told_why_and_end_and_those_of_others_go_on()
    {
        var (user, other) = (Fresh.User(), Fresh.User());
        await using var room = await OpenAsync("/api/rooms/general/events", user);
        await using var inbox = await OpenAsync("/api/users/me/events", user);
        await using var others = await OpenAsync("/api/rooms/general/events", other);

        await EndAsync($"/api/admin/users/{user}/connections");

        foreach (var stream in new[] { room, inbox }) await ShouldEndAsRevokedAsync(stream);
        using var publisher = _host.NewClient(TestTokens.For("back-end", roles: ["publisher"]));
        await publisher.SayAsync("general", "still here");
        (await others.ReadAsync()).Text.ShouldBe("still here");
        await using var again = await OpenAsync("/api/rooms/general/events", user);
    }

    [Fact]
    public async Task With_a_topic_only_streams_that_carry_it_end()
    {
        var user = Fresh.User();
        await using var room = await OpenAsync("/api/rooms/general/events", user);
        await using var several = await OpenAsync("/api/events?topic=room:general&topic=user:me", user);
        await using var inbox = await OpenAsync("/api/users/me/events", user);

        await EndAsync($"/api/admin/users/{user}/connections?topic=room:general");

        foreach (var stream in new[] { room, several }) await ShouldEndAsRevokedAsync(stream);
        using var publisher = _host.NewClient(TestTokens.For("back-end", roles: ["publisher"]));
        using var sent = await publisher.PostTextAsync($"/api/users/{user}/notifications", """{"title":"still here"}""");
        sent.StatusCode.ShouldBe(HttpStatusCode.Created);
        (await inbox.ReadAsync()).Event.ShouldBe("notification");
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("&topic=room:general", false)]
    public async Task A_refused_user_opens_no_stream_of_any_form(string topic, bool isOtherRefused)
    {
        var user = Fresh.User();
        await EndAsync($"/api/admin/users/{user}/connections?forSeconds=60{topic}");
        using var client = _host.NewClient(Token(user));

        foreach (var accept in new[] { "text/event-stream", "application/json" })
        {
            using var refused = await GetAsync(client, "/api/rooms/general/events", accept);
            await refused.ShouldBeProblemAsync(HttpStatusCode.Forbidden);
            refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds.ShouldBeInRange(1, 60);
            using var other = await GetAsync(client, "/api/users/me/events?last=1", "application/json");
            other.StatusCode.ShouldBe(isOtherRefused ? HttpStatusCode.Forbidden : HttpStatusCode.OK);
        }

        using var command = await client.PostTextAsync("/api/rooms/general/messages", """{"text":"commands are not streams"}""");
        command.StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task A_refused_user_is_told_so_before_anything_of_form_or_room_is_looked_at()
    {
        await using var host = NotifierHost.In("Production", ("Auth:SigningKey", TestTokens.Key), ("Streams:MaxPerUser", "1"));
        using var admin = host.NewClient(TestTokens.For("root", roles: ["admin"]));
        using var client = host.NewClient(Token("ada"));
        await using var only = await host.OpenAsync("/api/rooms/other/events", token: Token("ada"));
        using var ended = await admin.DeleteAsync("/api/admin/users/ada/connections?forSeconds=60&topic=room:general");

        foreach (var (method, accept) in new[] { ("GET", "text/event-stream"), ("GET", "application/json"), ("GET", "text/html"), ("HEAD", "text/event-stream"), ("HEAD", "application/json") })
        {
            using var refused = await SendAsync(client, method, "/api/rooms/general/events", accept);
            refused.StatusCode.ShouldBe(HttpStatusCode.Forbidden, $"{method} {accept}");
            refused.Headers.RetryAfter.ShouldNotBeNull();
        }

        using var elsewhere = await SendAsync(client, "HEAD", "/api/rooms/other/events", "text/event-stream");
        using var unacceptable = await SendAsync(client, "GET", "/api/rooms/other/events", "text/html");
        using var full = await SendAsync(client, "GET", "/api/rooms/other/events", "application/json");
        elsewhere.StatusCode.ShouldBe(HttpStatusCode.OK);
        await unacceptable.ShouldBeProblemAsync(HttpStatusCode.NotAcceptable);
        await full.ShouldBeProblemAsync(HttpStatusCode.ServiceUnavailable);
    }

    [Fact]
    public async Task A_refusal_spends_no_ticket()
    {
        var user = Fresh.User();
        using var client = _host.NewClient(Token(user));
        using var issued = await client.PostAsync("/api/tickets", null);
        var ticket = (await issued.JsonAsync()).GetProperty("ticket").GetString();
        await EndAsync($"/api/admin/users/{user}/connections?forSeconds=60&topic=room:general");
        using var refused = await _host.Http.GetAsync($"/api/rooms/general/events?ticket={ticket}");

        await using var stream = await _host.OpenAsync($"/api/users/me/events?ticket={ticket}");

        refused.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        stream.Welcome.Json.GetProperty("user").GetProperty("id").GetString().ShouldBe(user);
    }

    [Fact]
    public async Task Only_an_admin_may_and_what_is_wrong_with_the_request_is_named_first()
    {
        using var nobody = await _host.Http.DeleteAsync("/api/admin/users/bob/connections");
        using var publisher = await _host.NewClient(TestTokens.For("back-end", roles: ["publisher"])).DeleteAsync("/api/admin/users/bob/connections");
        using var invalid = await _host.NewClient(Token("ada")).DeleteAsync("/api/admin/users/bob/connections?forSeconds=-1&topic=nothing");
        using var unnamed = await _host.NewClient(Token("ada")).DeleteAsync("/api/admin/users/a%20b/connections");

        await nobody.ShouldBeProblemAsync(HttpStatusCode.Unauthorized);
        await publisher.ShouldBeProblemAsync(HttpStatusCode.Forbidden);
        await invalid.ShouldBeInvalidAsync("forSeconds");
        await invalid.ShouldBeInvalidAsync("topic");
        await unnamed.ShouldBeInvalidAsync("user");
    }

    [Fact]
    public async Task Streams_that_come_and_go_while_their_user_is_refused_are_none_afterwards()
    {
        var user = Fresh.User();
        using var end = new CancellationTokenSource();
        var open = new List<SseStreamReader>();
        var opening = Task.Run(async () =>
        {
            while (!end.IsCancellationRequested)
            {
                var stream = await SseStreamReader.OpenRawAsync(_host.NewClient(Token(user)), "/api/rooms/general/events");
                open.Add(stream);
                if (stream.Response.StatusCode == HttpStatusCode.Forbidden) return;
                stream.Response.StatusCode.ShouldBe(HttpStatusCode.OK);
            }
        });

        await EndAsync($"/api/admin/users/{user}/connections?forSeconds=60");
        await opening.WaitAsync(TimeSpan.FromSeconds(10));
        await end.CancelAsync();

        foreach (var stream in open.SkipLast(1)) await ShouldEndAsRevokedAsync(stream);
        open.ForEach(stream => stream.Dispose());
    }

    private static async Task ShouldEndAsRevokedAsync(SseStreamReader stream)
    {
        var last = (await stream.ReadToEndAsync())[^1];
        last.Event.ShouldBe("expired");
        last.Data.ShouldBe("""{"reason":"revoked"}""");
        last.Id.ShouldBeNull();
    }

    private static string Token(string user) => TestTokens.For(user, rooms: ["*"]);

    private static Task<HttpResponseMessage> GetAsync(HttpClient client, string path, string accept) => SendAsync(client, "GET", path, accept);

    private static async Task<HttpResponseMessage> SendAsync(HttpClient client, string method, string path, string accept)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.Accept.ParseAdd(accept);
        return await client.SendAsync(request);
    }

    private Task<SseStreamReader> OpenAsync(string path, string user) => _host.OpenAsync(path, token: Token(user));

    private async Task EndAsync(string path)
    {
        using var admin = _host.NewClient(TestTokens.For("root", roles: ["admin"]));
        using var answer = await admin.DeleteAsync(path);
        answer.StatusCode.ShouldBe(HttpStatusCode.NoContent);
    }
}
