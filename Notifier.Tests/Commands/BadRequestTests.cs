using System.Net;
using Notifier.Tests.Support;

namespace Notifier.Tests.Commands;

public sealed class BadRequestTests(NotifierHost host) : IClassFixture<NotifierHost>
{
    [Theory]
    [InlineData("GET", "/api/nothing")]
    [InlineData("GET", "/nothing")]
    [InlineData("POST", "/api/rooms/a/nothing")]
    [InlineData("DELETE", "/api/rooms")]
    [InlineData("POST", "/api/rooms/a/messages/b")]
    [InlineData("POST", "/api/rooms/a%2Fmessages")]
    public async Task A_route_that_does_not_exist_is_answered_404(string method, string path)
    {
        using var answer = await host.Http.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));

        // Where a later version gives the path to another method, the method is what is wrong.
        if (answer.StatusCode != HttpStatusCode.MethodNotAllowed) await answer.ShouldBeProblemAsync(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("PUT", "/api/rooms/a/messages", new[] { "GET", "POST" })]
    [InlineData("DELETE", "/api/rooms/a/events", new[] { "GET", "HEAD", "POST" })]
    [InlineData("PATCH", "/api/users/a/messages", new[] { "POST" })]
    [InlineData("GET", "/api/broadcast", new[] { "POST" })]
    [InlineData("GET", "/api/publish", new[] { "POST" })]
    [InlineData("GET", "/api/tickets", new[] { "POST" })]
    [InlineData("GET", "/api/tracks/a/lessons/b/complete", new[] { "POST" })]
    [InlineData("POST", "/api/tracks/a/progress", new[] { "GET" })]
    [InlineData("POST", "/api/events", new[] { "GET", "HEAD" })]
    [InlineData("BREW", "/api/broadcast", new[] { "POST" })]
    public async Task A_method_that_a_route_does_not_take_is_answered_405_with_those_that_it_takes(string method, string path, string[] allowed)
    {
        using var answer = await host.Http.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));

        await answer.ShouldBeProblemAsync(HttpStatusCode.MethodNotAllowed);
        foreach (var name in allowed) answer.Content.Headers.Allow.ShouldContain(name);
        answer.Content.Headers.Allow.ShouldNotContain(method);
    }

    [Theory]
    [InlineData("nonsense\r\n\r\n", 400)]
    [InlineData("\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003\r\n\r\n", 400)]
    [InlineData("GET / HTTP/9.9\r\nHost: test\r\n\r\n", 505)]
    [InlineData("GET /api/events HTTP/1.1\r\n\r\n", 400)]
    [InlineData("GET /api/events HTTP/1.1\r\nHost: a b\r\n\r\n", 400)]
    [InlineData("GET /api/events HTTP/1.1\r\nHost: test\r\nno colon\r\n\r\n", 400)]
    [InlineData("GET /api/events HTTP/1.1\r\nHost: test\r\nX: a\u0000b\r\n\r\n", 400)]
    [InlineData("GET /api/events HTTP/1.1\r\nHost: test\r\nLast-Event-ID: a\u0000b\r\n\r\n", 400)]
    [InlineData("GET /api/events?topic=room:a\u0000 HTTP/1.1\r\nHost: test\r\n\r\n", 400)]
    [InlineData("GET /api/rooms/a%00b/events HTTP/1.1\r\nHost: test\r\n\r\n", 400)]
    [InlineData("POST /api/rooms/a/messages HTTP/1.1\r\nHost: test\r\nContent-Length: -1\r\n\r\n", 400)]
    [InlineData("POST /api/rooms/a/messages HTTP/1.1\r\nHost: test\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400)]
    [InlineData("POST /api/rooms/a/messages HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400)]
    [InlineData("POST /api/rooms/a/messages HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n\r\n", 400)]
    public async Task A_request_that_the_server_cannot_read_is_answered_with_a_problem(string request, int status)
    {
        using var answer = await host.SendRawAsync(request);

        await answer.ShouldBeProblemAsync((HttpStatusCode)status);
    }

    [Fact]
    public async Task A_request_line_or_headers_over_the_limit_are_answered_with_a_problem()
    {
        using var line = await host.SendRawAsync($"GET /api/events?topic=room:{new string('x', 20_000)} HTTP/1.1\r\nHost: test\r\n\r\n");
        using var headers = await host.SendRawAsync($"GET /api/events HTTP/1.1\r\nHost: test\r\nX: {new string('x', 40_000)}\r\n\r\n");

        await line.ShouldBeProblemAsync(HttpStatusCode.RequestUriTooLong);
        await headers.ShouldBeProblemAsync(HttpStatusCode.RequestHeaderFieldsTooLarge);
    }

    [Fact]
    public async Task After_all_of_it_the_service_serves()
    {
        for (var i = 0; i < 50; i++)
        {
            using var refused = await host.SendRawAsync("nonsense\r\n\r\n");
            refused.StatusCode.ShouldBe(HttpStatusCode.BadRequest);
        }

        await host.Http.SayAsync(Fresh.Room(), "still here");
    }
}
