using System.Net;
using System.Security.Claims;
using Notifier.Api.Access;
using Notifier.Tests.Support;

namespace Notifier.Tests.Access;

public sealed class RememberedTokensTests(TokenHost tokens) : IClassFixture<TokenHost>
{
    private readonly ManualTime _time = new();

    [Fact]
    public void A_token_is_remembered_for_a_while()
    {
        var remembered = new RememberedTokens(_time);
        remembered.Add("a token", Principal("ada"), notAfter: null);

        remembered.TryFind("a token", header: null, out var principal, out var caller).ShouldBeTrue();
        remembered.TryFind("another", header: null, out _, out _).ShouldBeFalse();
        _time.Advance(RememberedTokens.Life);

        principal!.FindFirstValue("sub").ShouldBe("ada");
        caller!.User.Id.ShouldBe("ada");
        remembered.TryFind("a token", header: null, out _, out _).ShouldBeFalse();
    }

    [Fact]
    public void A_header_that_comes_again_names_its_caller_no_longer_than_its_token_does()
    {
        var remembered = new RememberedTokens(_time);
        var header = $"Bearer {"a token"}";
        remembered.TryFind("a token", header, out _, out _).ShouldBeFalse();
        remembered.Add("a token", Principal("ada"), notAfter: null);

        for (var i = 0; i < 2; i++)
        {
            remembered.TryFind("a token", header, out _, out var caller).ShouldBeTrue();
            caller!.User.Id.ShouldBe("ada");
        }

        _time.Advance(RememberedTokens.Life);
        remembered.TryFind("a token", header, out _, out _).ShouldBeFalse();
        remembered.Add("a token", Principal("eve"), notAfter: null);

        remembered.TryFind("a token", header, out _, out var next).ShouldBeTrue();
        next!.User.Id.ShouldBe("eve");
    }

    [Fact]
    public void A_token_is_forgotten_when_it_runs_out()
    {
        var remembered = new RememberedTokens(_time);
        remembered.Add("a token", Principal("ada"), _time.GetUtcNow() + TimeSpan.FromSeconds(10));

        _time.Advance(TimeSpan.FromSeconds(9));
        remembered.TryFind("a token", header: null, out _, out _).ShouldBeTrue();
        _time.Advance(TimeSpan.FromSeconds(1));

        remembered.TryFind("a token", header: null, out _, out _).ShouldBeFalse();
    }

    [Fact]
    public void Who_sends_ever_new_tokens_fills_no_memory()
    {
        var remembered = new RememberedTokens(_time);
        var principal = Principal("ada");
        for (var i = 0; i < 2 * RememberedTokens.Capacity; i++) remembered.Add($"{i}", principal, notAfter: null);

        var known = Enumerable.Range(0, 2 * RememberedTokens.Capacity).Count(i => remembered.TryFind($"{i}", header: null, out _, out _));

        known.ShouldBeInRange(RememberedTokens.Capacity / 2, RememberedTokens.Capacity);
        remembered.TryFind($"{(2 * RememberedTokens.Capacity) - 1}", header: null, out _, out _).ShouldBeTrue();
    }

    [Fact]
    public async Task A_token_that_is_remembered_still_authorises_no_command_from_the_address_or_a_cookie()
    {
        var token = TestTokens.Sign("""{"sub":"ada","rooms":["*"]}""");
        using var known = tokens.Host.NewClient(token);
        for (var i = 0; i < 2; i++)
        {
            using var accepted = await known.PostTextAsync($"/api/rooms/{Fresh.Room()}/messages", """{"text":"hi"}""");
            accepted.StatusCode.ShouldBe(HttpStatusCode.Created);
        }

        using var byAddress = await tokens.Host.Http.PostTextAsync($"/api/rooms/{Fresh.Room()}/messages?access_token={token}", """{"text":"hi"}""");
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/api/rooms/{Fresh.Room()}/messages") { Content = new StringContent("""{"text":"hi"}""", null, "application/json") };
        request.Headers.Add("Cookie", $"notifier_token={token}");
        using var byCookie = await tokens.Host.Http.SendAsync(request);

        byAddress.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        byCookie.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_token_that_differs_from_a_remembered_one_in_its_signature_alone_is_refused()
    {
        var token = TestTokens.Sign("""{"sub":"ada","rooms":["*"]}""");
        using var known = tokens.Host.NewClient(token);
        using var accepted = await known.PostTextAsync($"/api/rooms/{Fresh.Room()}/messages", """{"text":"hi"}""");
        var forged = token[..^5] + (token[^5] == 'A' ? 'B' : 'A') + token[^4..];
        using var forger = tokens.Host.NewClient(forged);

        using var refused = await forger.PostTextAsync($"/api/rooms/{Fresh.Room()}/messages", """{"text":"hi"}""");

        accepted.StatusCode.ShouldBe(HttpStatusCode.Created);
        refused.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }

    private static ClaimsPrincipal Principal(string sub) => new(new ClaimsIdentity([new("sub", sub)], "test"));
}
