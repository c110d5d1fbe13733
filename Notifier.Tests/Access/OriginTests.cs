using System.Net;
using System.Text;
using Notifier.Tests.Support;

namespace Notifier.Tests.Access;

/// <summary>What pages of other origins may do (CONTRACT 8, <c>Cors:Origins</c>).</summary>
public sealed class OriginTests
{
    private const string Listed = "https://app.example";
    private const string Foreign = "https://evil.example";

    [Theory]
    [InlineData("https://app.example", true)]
    [InlineData("https://second.example:8443", true)]
    [InlineData("https://evil.example", false)]
    [InlineData("http://app.example", false)]
    [InlineData("https://app.example:8443", false)]
    [InlineData("https://app.example.evil.example", false)]
    [InlineData("https://evilapp.example", false)]
    [InlineData("https://sub.app.example", false)]
    [InlineData("null", false)]
    public async Task A_listed_origin_may_send_credentials_and_no_other_may_anything(string origin, bool isAllowed)
    {
        await using var host = NotifierHost.With(("Cors:Origins", "https://app.example,https://second.example:8443"));

        foreach (var request in new[] { Preflight(origin, "POST", "authorization,idempotency-key,content-type"), Preflight(origin, "GET", "last-event-id"), Get(origin) })
        {
            using var answer = await host.Http.SendAsync(request);

            Header(answer, "Access-Control-Allow-Origin").ShouldBe(isAllowed ? origin : null);
            Header(answer, "Access-Control-Allow-Credentials").ShouldBe(isAllowed ? "true" : null);
        }
    }

    [Fact]
    public async Task A_star_lets_every_origin_in_without_credentials_and_a_listed_one_beside_it_with()
    {
        await using var host = NotifierHost.With(("Cors:Origins", $"*,{Listed}"));

        using var foreign = await host.Http.SendAsync(Get(Foreign));
        using var preflight = await host.Http.SendAsync(Preflight(Foreign, "GET", "last-event-id"));
        using var listed = await host.Http.SendAsync(Get(Listed));

        foreach (var answer in new[] { foreign, preflight })
        {
            Header(answer, "Access-Control-Allow-Origin").ShouldBe("*");
            Header(answer, "Access-Control-Allow-Credentials").ShouldBeNull();
        }

        Header(listed, "Access-Control-Allow-Origin").ShouldBe(Listed);
        Header(listed, "Access-Control-Allow-Credentials").ShouldBe("true");
    }

    [Fact]
    public async Task What_a_client_needs_is_allowed_and_exposed_and_nothing_else()
    {
        await using var host = NotifierHost.With(("Cors:Origins", Listed));

        using var preflight = await host.Http.SendAsync(Preflight(Listed, "POST", "authorization,idempotency-key,last-event-id,content-type,x-else"));
        using var answer = await host.Http.SendAsync(Get(Listed));

        var allowed = Header(preflight, "Access-Control-Allow-Headers")!.ToLowerInvariant();
        foreach (var name in new[] { "last-event-id", "authorization", "idempotency-key", "content-type" }) allowed.ShouldContain(name);
        allowed.ShouldNotContain("x-else");
        var exposed = Header(answer, "Access-Control-Expose-Headers")!;
        foreach (var name in new[] { "Retry-After", "Idempotent-Replayed" }) exposed.ShouldContain(name);
    }

    [Fact]
    public async Task A_page_elsewhere_can_read_why_it_was_refused()
    {
        await using var host = NotifierHost.With(("Cors:Origins", Listed), ("Commands:PublisherPermitsPerMinute", "1"), ("Commands:Burst", "1"));

        for (var n = 0; n < 2; n++)
        {
            var request = new HttpRequestMessage(HttpMethod.Post, "/api/rooms/general/messages") { Content = new StringContent("""{"text":"hi"}""", Encoding.UTF8, "application/json") };
            request.Headers.Add("Origin", Listed);
            using var answer = await host.Http.SendAsync(request);

            answer.StatusCode.ShouldBe(n == 0 ? HttpStatusCode.Created : HttpStatusCode.TooManyRequests);
            Header(answer, "Access-Control-Allow-Origin").ShouldBe(Listed);
        }
    }

    private static HttpRequestMessage Preflight(string origin, string method, string headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Options, "/api/rooms/general/messages");
        request.Headers.Add("Origin", origin);
        request.Headers.Add("Access-Control-Request-Method", method);
        request.Headers.Add("Access-Control-Request-Headers", headers);
        return request;
    }

    private static HttpRequestMessage Get(string origin)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "/api/rooms/general/messages");
        request.Headers.Add("Origin", origin);
        return request;
    }

    private static string? Header(HttpResponseMessage answer, string name) => answer.Headers.TryGetValues(name, out var values) ? values.Single() : null;
}
