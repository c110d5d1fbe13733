using System.Net;
using Notifier.Tests.Support;

namespace Notifier.Tests.Operations;

public sealed class HealthTests(NotifierHost host) : IClassFixture<NotifierHost>
{
    [Fact]
    public async Task The_service_says_that_it_lives_is_ready_and_what_it_is()
    {
        (await host.Http.GetAsync("/healthz")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await host.Http.GetAsync("/readyz")).StatusCode.ShouldBe(HttpStatusCode.OK);
        using var answer = await host.Http.GetAsync("/health");

        var health = await answer.JsonAsync();
        health.GetProperty("status").GetString().ShouldBe("ok");
        foreach (var name in new[] { "store", "version", "instance" }) health.GetProperty(name).GetString().ShouldNotBeNullOrEmpty();
        health.GetProperty("uptime").GetInt64().ShouldBeGreaterThanOrEqualTo(0);
        health.GetProperty("connections").GetInt32().ShouldBe(0);
    }

    [Fact]
    public async Task A_page_of_a_configured_origin_may_read_and_any_other_may_not()
    {
        await using var open = NotifierHost.With(("Cors:Origins", "https://app.example, https://other.example"));

        using var allowed = await PreflightAsync(open, "https://app.example");
        using var foreign = await PreflightAsync(open, "https://evil.example");
        using var closed = await PreflightAsync(host, "https://app.example");

        allowed.Headers.GetValues("Access-Control-Allow-Origin").ShouldBe(["https://app.example"]);
        allowed.Headers.GetValues("Access-Control-Allow-Credentials").ShouldBe(["true"]);
        allowed.Headers.GetValues("Access-Control-Allow-Headers").Single().ToLowerInvariant().ShouldContain("last-event-id");
        foreign.Headers.Contains("Access-Control-Allow-Origin").ShouldBeFalse();
        closed.Headers.Contains("Access-Control-Allow-Origin").ShouldBeFalse();
    }

    private static Task<HttpResponseMessage> PreflightAsync(NotifierHost host, string origin)
    {
        var request = new HttpRequestMessage(HttpMethod.Options, "/api/rooms/general/events");
        request.Headers.Add("Origin", origin);
        request.Headers.Add("Access-Control-Request-Method", "GET");
        request.Headers.Add("Access-Control-Request-Headers", "last-event-id, authorization, idempotency-key");
        return host.Http.SendAsync(request);
    }
}
