using System.Globalization;
using System.Net;
using Notifier.Tests.Support;

namespace Notifier.Tests.Access;

public sealed class SessionTests : IClassFixture<SessionTests.ListingHost>
{
    private readonly NotifierHost _host;

    public SessionTests(ListingHost listing) => _host = listing.Host;

    [Fact]
    public async Task A_session_is_a_cookie_that_scripts_cannot_read_other_sites_cannot_use_and_that_ends_with_its_token()
    {
        var token = TestTokens.For("ada", rooms: ["general"], expiresIn: 600);
        using var client = _host.NewClient(token);

        using var answer = await client.PostAsync("/api/session", null);

        answer.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        answer.Headers.CacheControl!.NoStore.ShouldBeTrue();
        var parts = answer.Headers.GetValues("Set-Cookie").ShouldHaveSingleItem().Split("; ");
        parts[0].ShouldBe($"notifier_token={token}");
        parts[1..].Where(part => !part.StartsWith("expires=", StringComparison.OrdinalIgnoreCase)).ShouldBe(["path=/", "samesite=strict", "httponly"], ignoreOrder: true);
        var expires = DateTimeOffset.Parse(parts.Single(part => part.StartsWith("expires=", StringComparison.OrdinalIgnoreCase))[8..], CultureInfo.InvariantCulture);
        expires.ShouldBe(DateTimeOffset.FromUnixTimeSeconds(TestTokens.Now + 600), TimeSpan.FromSeconds(3));
    }

    [Fact]
    public async Task Over_https_the_cookie_goes_over_https_alone()
    {
        await using var host = NotifierHost.In("Production", ("Auth:SigningKey", TestTokens.Key), ("Proxy:KnownNetworks", "127.0.0.0/8"));
        using var client = host.NewClient(TestTokens.For("ada"));
        client.DefaultRequestHeaders.Add("X-Forwarded-Proto", "https");

        using var answer = await client.PostAsync("/api/session", null);

        answer.Headers.GetValues("Set-Cookie").ShouldHaveSingleItem().ShouldContain("; secure");
    }

    [Fact]
    public async Task A_session_takes_a_token_in_the_header()
    {
        using var none = await _host.Http.PostAsync("/api/session", null);
        using var byCookie = await SendAsync(HttpMethod.Post, "/api/session", TestTokens.For("ada"));
        await using var development = new NotifierHost();
        using var guest = await development.Http.PostAsync("/api/session", null);

        foreach (var answer in new[] { none, byCookie, guest })
        {
            await answer.ShouldBeProblemAsync(HttpStatusCode.Unauthorized);
            answer.Headers.Contains("Set-Cookie").ShouldBeFalse();
        }
    }

    [Fact]
    public async Task Ending_a_session_clears_the_cookie()
    {
        using var client = _host.NewClient(TestTokens.For("ada"));

        using var answer = await client.DeleteAsync("/api/session");

        answer.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        var cookie = answer.Headers.GetValues("Set-Cookie").ShouldHaveSingleItem();
        cookie.ShouldStartWith("notifier_token=;");
        cookie.ShouldContain("expires=Thu, 01 Jan 1970");
        cookie.ShouldContain("httponly");
    }

    [Fact]
    public async Task The_cookie_opens_streams_and_nothing_else()
    {
        var token = TestTokens.For("ada", ["admin"], ["*"]);

        using var stream = await SendAsync(HttpMethod.Get, "/api/rooms/general/events", token);
        using var command = await SendAsync(HttpMethod.Post, "/api/rooms/general/messages", token);
        using var typing = await SendAsync(HttpMethod.Post, "/api/rooms/general/typing", token);
        using var query = await SendAsync(HttpMethod.Get, "/api/rooms/general/messages", token);
        using var end = await SendAsync(HttpMethod.Delete, "/api/session", token);

        stream.StatusCode.ShouldBe(HttpStatusCode.OK);
        foreach (var answer in new[] { command, typing, query, end }) await answer.ShouldBeProblemAsync(HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData("own", true)]
    [InlineData("https://listed.example", true)]
    [InlineData("https://foreign.example", false)]
    [InlineData("http://127.0.0.1:1", false)]
    [InlineData("null", false)]
    [InlineData("https://listed.example.evil", false)]
    public async Task A_cookie_opens_a_stream_for_a_page_of_this_host_or_of_a_listed_origin(string? origin, bool opens)
    {
        if (origin == "own") origin = _host.Address.GetLeftPart(UriPartial.Authority);

        using var byCookie = await SendAsync(HttpMethod.Get, "/api/rooms/general/events", TestTokens.For("ada", rooms: ["general"]), origin);
        using var client = _host.NewClient(TestTokens.For("ada", rooms: ["general"]));
        if (origin is not null) client.DefaultRequestHeaders.Add("Origin", origin);
        using var byHeader = await client.GetAsync("/api/rooms/general/events", HttpCompletionOption.ResponseHeadersRead);

        byHeader.StatusCode.ShouldBe(HttpStatusCode.OK);
        if (opens) byCookie.StatusCode.ShouldBe(HttpStatusCode.OK);
        else await byCookie.ShouldBeProblemAsync(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task A_wildcard_origin_may_not_use_the_cookie()
    {
        await using var host = NotifierHost.In("Production", ("Auth:SigningKey", TestTokens.Key), ("Cors:Origins", "*"));
        var request = new HttpRequestMessage(HttpMethod.Get, "/api/rooms/general/events");
        request.Headers.Add("Cookie", $"notifier_token={TestTokens.For("ada", rooms: ["general"])}");
        request.Headers.Add("Origin", "https://foreign.example");

        using var answer = await host.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);

        await answer.ShouldBeProblemAsync(HttpStatusCode.Forbidden);
    }

    private Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string cookie, string? origin = null)
    {
        var request = new HttpRequestMessage(method, path);
        request.Headers.Add("Cookie", $"notifier_token={cookie}");
        if (origin is not null) request.Headers.Add("Origin", origin);
        if (method == HttpMethod.Post) request.Content = new StringContent("""{"text":"hi","typing":true}""", null, "application/json");
        return _host.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    /// <summary>Tokens alone, and one page elsewhere that is listed.</summary>
    public sealed class ListingHost : IDisposable
    {
        public NotifierHost Host { get; } = NotifierHost.In("Production", ("Auth:SigningKey", TestTokens.Key), ("Cors:Origins", "https://listed.example"));

        public void Dispose() => Host.Dispose();
    }
}
