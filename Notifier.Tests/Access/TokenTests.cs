using System.Net;
using Notifier.Tests.Support;

namespace Notifier.Tests.Access;

public sealed class TokenTests(TokenHost tokens) : IClassFixture<TokenHost>
{
    private const string Json = """{"text":"hi"}""";

    private readonly NotifierHost _host = tokens.Host;

    [Fact]
    public async Task Without_a_token_every_route_is_answered_401_whatever_else_is_wrong()
    {
        foreach (var path in new[] { "/api/rooms/a/messages", "/api/rooms/a/events", "/api/users/a/messages", "/api/users/a/notifications", "/api/broadcast", "/api/publish", "/api/tracks/a/lessons/b/complete", "/api/tickets" })
        {
            using var posted = await _host.Http.PostTextAsync(path, Json);
            using var unreadable = await _host.Http.PostTextAsync(path, "{");
            using var tooLarge = await _host.Http.PostTextAsync(path, Json.PadRight(2 << 20));
            using var untyped = await _host.Http.PostAsync(path, new ByteArrayContent([1]));

            foreach (var answer in new[] { posted, unreadable, tooLarge, untyped }) await ShouldBeUnauthorizedAsync(answer);
        }

        foreach (var path in new[] { "/api/rooms/a/events", "/api/rooms/a%20b/events", "/api/rooms/a/events?last=x", "/api/users/a/events", "/api/events", "/api/events?topic=all", "/api/rooms/a/messages?limit=0", "/api/tracks/a/progress" })
        {
            using var answer = await _host.Http.GetAsync(path);

            await ShouldBeUnauthorizedAsync(answer);
        }
    }

    /// <summary>Claims, with <c>@</c> and a number for a moment so many seconds from now.</summary>
    [Theory]
    [InlineData("""{"sub":"ada","rooms":["*"],"exp":@60}""")]
    [InlineData("""{"sub":"ada","rooms":["*"]}""")]
    [InlineData("""{"sub":"ada","rooms":["*"],"exp":@60,"nbf":@-60,"iat":@-60,"iss":"anybody","aud":"anything"}""")]
    [InlineData("""{"sub":"ada","rooms":["*"],"exp":@0}""")]
    [InlineData("""{"sub":"ada","rooms":["*"],"exp":@60,"nbf":@2}""")]
    [InlineData("""{"sub":"ada","rooms":["*"],"exp":4102444800}""")]
    public async Task A_token_within_its_time_and_two_seconds_of_skew_is_accepted(string claims)
    {
        using var client = _host.NewClient(TestTokens.Sign(Fill(claims)));

        using var answer = await client.PostTextAsync($"/api/rooms/{Fresh.Room()}/messages", Json);

        answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("""{"sub":"ada","rooms":["*"],"exp":@-4}""")]
    [InlineData("""{"sub":"ada","rooms":["*"],"exp":0}""")]
    [InlineData("""{"sub":"ada","rooms":["*"],"exp":@60,"nbf":@30}""")]
    [InlineData("""{"rooms":["*"],"exp":@60}""")]
    [InlineData("""{"sub":null,"rooms":["*"],"exp":@60}""")]
    [InlineData("""{"sub":"","rooms":["*"],"exp":@60}""")]
    [InlineData("""{"sub":"a b","rooms":["*"],"exp":@60}""")]
    [InlineData("""{"sub":"..","rooms":["*"],"exp":@60}""")]
    [InlineData("""{"sub":"a/b","rooms":["*"],"exp":@60}""")]
    [InlineData("""{"sub":5,"rooms":["*"],"exp":@60}""")]
    [InlineData("""{"sub":true,"rooms":["*"],"exp":@60}""")]
    [InlineData("""{"sub":["ada","bob"],"rooms":["*"],"exp":@60}""")]
    [InlineData("""{"sub":"ada","rooms":["*"],"exp":"junk"}""")]
    [InlineData("""{"sub":"ada","rooms":["*"],"exp":@60,"nbf":"junk"}""")]
    [InlineData("""{"sub":"ada","rooms":["*"],"exp":@60,"nbf":1e12}""")]
    [InlineData("""{"sub":"ada\n","rooms":["*"],"exp":@60}""")]
    [InlineData("""{"sub":"ada\u0000","rooms":["*"],"exp":@60}""")]
    [InlineData("""{"sub":"é","rooms":["*"],"exp":@60}""")]
    [InlineData("""{"name":"ada","rooms":["*"],"exp":@60}""")]
    [InlineData("""{"nameid":"ada","rooms":["*"],"exp":@60}""")]
    [InlineData("""{"http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier":"ada","rooms":["*"],"exp":@60}""")]
    [InlineData("[]")]
    [InlineData("nonsense")]
    public async Task A_token_out_of_its_time_or_without_a_user_is_refused(string claims)
    {
        using var client = _host.NewClient(TestTokens.Sign(Fill(claims)));

        using var command = await client.PostTextAsync("/api/rooms/a/messages", Json);
        using var stream = await client.GetAsync("/api/events?topic=all", HttpCompletionOption.ResponseHeadersRead);

        await ShouldBeUnauthorizedAsync(command);
        await ShouldBeUnauthorizedAsync(stream);
    }

    [Fact]
    public async Task A_user_name_of_128_characters_is_one_and_of_129_is_none()
    {
        using var longest = _host.NewClient(TestTokens.For(new string('u', 128)));
        using var tooLong = _host.NewClient(TestTokens.For(new string('u', 129)));

        using var accepted = await longest.PostTextAsync("/api/users/me/messages", Json);
        using var refused = await tooLong.PostTextAsync("/api/users/me/messages", Json);

        accepted.StatusCode.ShouldBe(HttpStatusCode.Created);
        await ShouldBeUnauthorizedAsync(refused);
    }

    [Fact]
    public async Task A_token_signed_with_the_previous_key_is_still_accepted()
    {
        using var client = _host.NewClient(TestTokens.Sign("""{"sub":"ada","rooms":["*"]}""", TestTokens.PreviousKey));

        await client.SayAsync(Fresh.Room(), "hi");
    }

    [Fact]
    public async Task A_token_of_any_other_make_is_refused()
    {
        const string Claims = """{"sub":"ada","rooms":["*"]}""";
        var valid = TestTokens.Sign(Claims);
        var parts = valid.Split('.');
        var forged = TestTokens.Sign("""{"sub":"ada","rooms":["*"],"roles":["admin"]}""", "another key, which nobody here has ever heard of, long as it is, of whom it is is").Split('.');
        string[] refused =
        [
            TestTokens.Sign(Claims, "another key, which nobody here has ever heard of, long as it is, of whom it is is"),
            TestTokens.Sign(Claims, algorithm: "HS512"),
            TestTokens.Sign(Claims, algorithm: "none"),
            TestTokens.Sign(Claims, algorithm: "RS256"),
            TestTokens.Sign(Claims, algorithm: "hs256"),
            $"{parts[0]}.{forged[1]}.{parts[2]}",
            $"{parts[0]}.{parts[1]}.",
            $"{parts[0]}.{parts[1]}",
            $"{parts[0]}.{parts[1]}.{parts[2][..^2]}",
            $"{valid}.{parts[2]}",
            "nonsense",
            "..",
        ];

        foreach (var token in refused)
        {
            using var client = _host.NewClient(token);

            using var answer = await client.PostTextAsync("/api/rooms/a/messages", Json);

            await ShouldBeUnauthorizedAsync(answer);
        }
    }

    [Theory]
    [InlineData("Basic YWRhOmFkYQ==")]
    [InlineData("Bearer")]
    [InlineData("Bearer ")]
    [InlineData("Token @")]
    public async Task Another_authorization_than_a_bearer_token_is_refused(string authorization)
    {
        authorization = authorization.Replace("@", TestTokens.For("ada", rooms: ["*"]), StringComparison.Ordinal);

        using var answer = await _host.Http.PostTextAsync("/api/rooms/a/messages", Json, ("Authorization", authorization));

        await ShouldBeUnauthorizedAsync(answer);
    }

    [Theory]
    [InlineData("""{"sub":"ada","exp":@-60}""", "expired")]
    [InlineData("""{"sub":"ada","nbf":@60,"exp":@90}""", "not valid yet")]
    [InlineData("""{"exp":@60}""", "sub")]
    public async Task A_refused_token_is_told_what_is_wrong_with_it(string claims, string reason)
    {
        using var client = _host.NewClient(TestTokens.Sign(Fill(claims)));

        using var answer = await client.PostTextAsync("/api/rooms/a/messages", Json);

        var problem = await answer.ShouldBeProblemAsync(HttpStatusCode.Unauthorized);
        problem.GetProperty("detail").GetString()!.ShouldContain(reason);
        answer.Headers.WwwAuthenticate.ToString().ShouldContain("invalid_token");
    }

    [Fact]
    public async Task Audience_and_issuer_are_checked_where_they_are_set()
    {
        await using var host = NotifierHost.In("Production", ("Auth:SigningKey", TestTokens.Key), ("Auth:Audience", "notifier"), ("Auth:Issuer", "https://school.test"));

        foreach (var (claims, expected) in new[]
        {
            ("""{"sub":"ada","aud":"notifier","iss":"https://school.test"}""", HttpStatusCode.Created),
            ("""{"sub":"ada","aud":["other","notifier"],"iss":"https://school.test"}""", HttpStatusCode.Created),
            ("""{"sub":"ada","aud":"other","iss":"https://school.test"}""", HttpStatusCode.Unauthorized),
            ("""{"sub":"ada","aud":"notifier","iss":"https://other.test"}""", HttpStatusCode.Unauthorized),
            ("""{"sub":"ada","aud":"notifier"}""", HttpStatusCode.Unauthorized),
            ("""{"sub":"ada","iss":"https://school.test"}""", HttpStatusCode.Unauthorized),
        })
        {
            using var client = host.NewClient(TestTokens.Sign(claims));

            using var answer = await client.PostTextAsync("/api/users/me/messages", Json);

            answer.StatusCode.ShouldBe(expected, claims);
        }
    }

    [Theory]
    [InlineData("""{"sub":"ada","exp":@2}""")]
    [InlineData("""{"sub":"ada","exp":@2.5}""")]
    [InlineData("""{"sub":"ada","exp":@0}""")]
    public async Task A_stream_whose_token_runs_out_is_told_so_and_ends(string claims)
    {
        await using var stream = await _host.OpenAsync("/api/events?topic=all", token: TestTokens.Sign(Fill(claims)));

        var last = await stream.ReadAsync();

        last.Event.ShouldBe("expired");
        (await stream.TryReadAsync()).ShouldBeNull();
        last.Id.ShouldBeNull();
        last.Data.ShouldBe("""{"reason":"token"}""");
    }

    [Fact]
    public async Task A_token_names_its_user_to_others_and_a_name_that_cannot_be_shown_is_left_out()
    {
        var room = Fresh.Room();
        foreach (var name in new[] { "\"Ada\"", "\"a\\nb\"", "\"\"", "null" })
        {
            using var client = _host.NewClient(TestTokens.Sign($$"""{"sub":"ada","name":{{name}},"rooms":["*"]}"""));
            await client.SayAsync(room, "hi");
        }

        using var reader = _host.NewClient(TestTokens.For("bob", rooms: ["*"]));
        (await reader.StoredAsync($"room:{room}")).ConvertAll(e => e.GetProperty("from").GetRawText())
            .ShouldBe(["""{"id":"ada","name":"Ada"}""", """{"id":"ada"}""", """{"id":"ada"}""", """{"id":"ada"}"""]);
    }

    private static string Fill(string claims) =>
        System.Text.RegularExpressions.Regex.Replace(claims, "@(-?[0-9]+)", match => $"{TestTokens.Now + int.Parse(match.Groups[1].Value)}");

    private static async Task ShouldBeUnauthorizedAsync(HttpResponseMessage answer)
    {
        // First the status alone: a stream that was let in has no end to read to.
        answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        await answer.ShouldBeProblemAsync(HttpStatusCode.Unauthorized);
        answer.Headers.WwwAuthenticate.Select(challenge => challenge.Scheme).ShouldContain("Bearer");
    }
}
