using System.Net;
using System.Text.Json;
using Notifier.Tests.Support;

namespace Notifier.Tests.Admin;

public sealed class AdminStreamTests(TokenHost tokens) : IClassFixture<TokenHost>
{
    private static readonly string Admin = TestTokens.For("root", roles: ["admin"], expiresIn: 600);

    private readonly NotifierHost _host = tokens.Host;

    [Fact]
    public async Task An_admin_is_told_of_each_stream_that_opens_and_ends_and_why()
    {
        var user = Fresh.User();
        await using var admin = await _host.OpenAsync("/api/admin/events", token: Admin);
        await using (await _host.OpenAsync("/api/events?topic=room:general&topic=user:me", token: Token(user)))
        {
            using var revoke = await _host.NewClient(Admin).DeleteAsync($"/api/admin/users/{user}/connections");
            revoke.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        }

        var connected = await NextAsync(admin, "connected", user);
        var disconnected = await NextAsync(admin, "disconnected", user);

        admin.Welcome.Id.ShouldBeNull();
        admin.Welcome.Json.GetProperty("topics").GetArrayLength().ShouldBe(0);
        admin.LastEventId.ShouldBeNull();
        connected.GetProperty("kind").GetString().ShouldBe("topics");
        connected.GetProperty("topics").EnumerateArray().Select(t => t.GetString()).ShouldBe(["room:general", $"user:{user}"]);
        disconnected.GetProperty("connection").GetString().ShouldBe(connected.GetProperty("connection").GetString());
        disconnected.GetProperty("instance").GetString().ShouldBe(admin.Welcome.Json.GetProperty("instance").GetString());
        disconnected.GetProperty("reason").GetString().ShouldBe("revoked");
    }

    [Fact]
    public async Task Figures_come_again_and_again_and_are_those_of_metrics()
    {
        await using var host = NotifierHost.With(("Log:MaxEventsPerTopic", "2"));
        var token = await host.TokenAsync("root", roles: ["admin"]);
        var ids = new List<string>();
        for (var i = 0; i < 5; i++) ids.Add(await host.Http.SayAsync("general", $"message {i}"));
        await using var gap = await host.OpenAsync("/api/rooms/general/events?as=ada", lastEventId: ids[0]);
        await gap.ReadAsync(3);
        await using var admin = await host.OpenAsync("/api/admin/events", token: token);

        var first = await NextAsync(admin, "stats");
        var second = await NextAsync(admin, "stats");
        var metrics = await Exposition.FetchAsync(host.Http);

        second.GetProperty("at").GetDateTimeOffset().ShouldBeGreaterThan(first.GetProperty("at").GetDateTimeOffset());
        foreach (var (member, sum) in new[]
        {
            ("streams", metrics.Sum("notifier_streams_open")), ("users", metrics["notifier_users_connected"]), ("rooms", metrics.Sum("notifier_rooms_open")),
            ("published", metrics.Sum("notifier_events_published_total")), ("delivered", metrics.Sum("notifier_events_delivered_total")),
            ("replayed", metrics["notifier_events_replayed_total"]), ("gaps", metrics.Sum("notifier_gaps_total")), ("closed", metrics.Sum("notifier_streams_closed_total")),
            ("reconnects", metrics["notifier_streams_opened_total{kind=\"room\",start=\"gap\"}"]),
        })
        {
            second.GetProperty(member).GetDouble().ShouldBe(sum, member);
        }

        second.GetProperty("gaps").GetInt32().ShouldBe(1);
        second.GetProperty("published").GetInt32().ShouldBe(5);
        second.GetProperty("memoryBytes").GetDouble().ShouldBeGreaterThan(1_000_000);
    }

    [Fact]
    public async Task Nothing_is_said_while_nobody_watches()
    {
        await using var host = NotifierHost.With();
        var feed = (Notifier.Api.Admin.AdminFeed)host.Services.GetService(typeof(Notifier.Api.Admin.AdminFeed))!;
        await using var stream = await host.OpenAsync("/api/rooms/general/events?as=ada");
        feed.IsWatched.ShouldBeFalse();

        await using var admin = await host.OpenAsync("/api/admin/events", token: await host.TokenAsync("root", roles: ["admin"]));

        feed.IsWatched.ShouldBeTrue();
    }

    [Fact]
    public async Task Only_admins_are_told()
    {
        foreach (var path in new[] { "/api/admin/events", "/api/admin/connections" })
        {
            await (await _host.Http.GetAsync(path)).ShouldBeProblemAsync(HttpStatusCode.Unauthorized);
            await (await _host.NewClient(TestTokens.For("bob", roles: ["publisher", "instructor"], rooms: ["*"])).GetAsync(path)).ShouldBeProblemAsync(HttpStatusCode.Forbidden);
        }
    }

    [Fact]
    public async Task The_list_names_each_connection_once_with_who_and_what()
    {
        var user = Fresh.User();
        await using var room = await _host.OpenAsync("/api/rooms/general/events", token: Token(user));
        await using var inbox = await _host.OpenAsync("/api/users/me/events", token: Token(user));

        using var answer = await _host.NewClient(Admin).GetAsync("/api/admin/connections");

        var list = await answer.JsonAsync();
        var mine = list.GetProperty("connections").EnumerateArray().Where(c => c.GetProperty("user").GetProperty("id").GetString() == user).ToArray();
        mine.Select(c => c.GetProperty("connection").GetString()).Order(StringComparer.Ordinal).ShouldBe(
            new[] { room, inbox }.Select(s => s.Welcome.Json.GetProperty("connection").GetString()).Order(StringComparer.Ordinal));
        mine.Select(c => c.GetProperty("kind").GetString()).Order(StringComparer.Ordinal).ShouldBe(["room", "user"]);
        mine.ShouldAllBe(c => c.GetProperty("since").GetDateTimeOffset() > TimeProvider.System.GetUtcNow().AddMinutes(-1));
        list.GetProperty("missing").GetArrayLength().ShouldBe(0);
    }

    private static string Token(string user) => TestTokens.For(user, rooms: ["*"]);

    private static async Task<JsonElement> NextAsync(SseStreamReader admin, string type, string? user = null)
    {
        while (true)
        {
            var block = await admin.ReadAsync();
            if (block.Event == type && (user is null || block.Json.GetProperty("user").GetProperty("id").GetString() == user)) return block.Json;
        }
    }
}
