using System.Globalization;
using System.Net;
using System.Text;
using Notifier.Tests.Support;

namespace Notifier.Tests.Hostile;

/// <summary>Requests that no client library would send. Whatever they are, the answer is one of ours, and the service goes on.</summary>
public sealed class MalformedRequestTests(NotifierHost host) : IClassFixture<NotifierHost>
{
    [Theory]
    [InlineData("/api/rooms/%2e%2e/events", 400)]
    [InlineData("/api/rooms/%2E./messages", 400)]
    [InlineData("/api/rooms/..%2f..%2fetc%2fpasswd/messages", 400)]
    [InlineData("/api/rooms/general/../../../health", 400)]
    [InlineData("/../../etc/passwd", 400)]
    [InlineData("/%2e%2e/%2e%2e/appsettings.json", 400)]
    [InlineData("/..%5c..%5cappsettings.json", 404)]
    [InlineData("/appsettings.json", 404)]
    [InlineData("/Notifier.Api.dll", 404)]
    [InlineData("/index.html%00.js", 400)]
    [InlineData("//evil.example/", 404)]
    [InlineData("/api//rooms/general/messages", 400)]
    [InlineData("/api/rooms/%25%32%65/messages", 400)]
    [InlineData("/api/rooms/a%0d%0aSet-Cookie:x=1/messages", 400)]
    [InlineData("/api/rooms/%ff%fe/messages", 400)]
    [InlineData("/api/rooms/%c0%ae%c0%ae/messages", 400)]
    [InlineData("/api/rooms/%zz/messages", 400)]
    [InlineData("/api/rooms/a%20b/messages", 400)]
    [InlineData("/api/rooms/a;b/messages", 400)]
    [InlineData("/api/rooms/<script>/messages", 400)]
    [InlineData("/api/rooms/general/messages?limit=99999999999999999999", 400)]
    [InlineData("/api/rooms/general/messages?limit=-1", 400)]
    [InlineData("/api/rooms/general/messages?before=%0d%0aX:1", 400)]
    [InlineData("/api/rooms/general/events?lastEventId=%0d%0ax", 400)]
    [InlineData("/api/rooms/general/events?types=%0aevent:x", 400)]
    [InlineData("/api/rooms/general/events?since=9999999999999999d", 400)]
    [InlineData("/api/rooms/general/events?as=%0d%0aSet-Cookie:x", 400)]
    [InlineData("/api/events?topic=room:a%0d%0a", 400)]
    public async Task A_path_or_a_query_that_means_something_else_is_refused(string target, int status)
    {
        using var answer = await host.SendRawAsync($"GET {target} HTTP/1.1\r\nHost: test\r\nAccept: application/json\r\n\r\n");

        await answer.ShouldBeProblemAsync((HttpStatusCode)status);
        answer.Headers.Contains("Set-Cookie").ShouldBeFalse();
    }

    [Fact]
    public async Task Ten_thousand_topics_in_one_address_are_refused()
    {
        var topics = string.Join('&', Enumerable.Range(0, 10_000).Select(n => string.Create(CultureInfo.InvariantCulture, $"topic=room:r{n}")));
        using var all = await host.SendRawAsync($"GET /api/events?{topics} HTTP/1.1\r\nHost: test\r\n\r\n");
        using var some = await host.SendRawAsync($"GET /api/events?{topics[..15_000]} HTTP/1.1\r\nHost: test\r\n\r\n");
        using var empty = await host.SendRawAsync($"GET /api/events?{string.Concat(Enumerable.Repeat("&a", 7000))} HTTP/1.1\r\nHost: test\r\n\r\n");

        await all.ShouldBeProblemAsync(HttpStatusCode.RequestUriTooLong);
        (await some.ShouldBeProblemAsync(HttpStatusCode.BadRequest)).GetProperty("errors").GetProperty("topic")[0].GetString()!.ShouldContain("64 topics");
        await empty.ShouldBeProblemAsync(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task More_headers_than_a_hundred_or_more_than_32_KiB_of_them_are_refused()
    {
        var many = string.Concat(Enumerable.Range(0, 101).Select(n => string.Create(CultureInfo.InvariantCulture, $"X-{n}: a\r\n")));
        var large = string.Concat(Enumerable.Range(0, 5).Select(n => string.Create(CultureInfo.InvariantCulture, $"X-{n}: {new string('a', 8000)}\r\n")));
        using var tooMany = await host.SendRawAsync($"GET /healthz HTTP/1.1\r\nHost: test\r\n{many}\r\n");
        using var tooLarge = await host.SendRawAsync($"GET /healthz HTTP/1.1\r\nHost: test\r\n{large}\r\n");

        await tooMany.ShouldBeProblemAsync(HttpStatusCode.RequestHeaderFieldsTooLarge);
        await tooLarge.ShouldBeProblemAsync(HttpStatusCode.RequestHeaderFieldsTooLarge);
    }

    [Theory]
    [InlineData("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n1e\r\nGET /smuggled HTTP/1.1\r\nX: \r\n0\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n")]
    [InlineData("Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("Content-Length: 1\r\nContent-Length: 1\r\n\r\n{")]
    [InlineData("Content-Length: 0x2\r\n\r\n{}")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n-1\r\n")]
    [InlineData("X: a\r\n folded\r\nContent-Length: 2\r\n\r\n{}")]
    public async Task A_request_whose_end_two_servers_could_see_in_two_places_is_refused_and_nothing_after_it_is_served(string rest)
    {
        using var client = await RawClient.SendAsync(host.Address, $"POST /api/rooms/general/messages HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n{rest}");

        var answer = await client.ReadToEndAsync();

        var statuses = answer.Split("HTTP/1.1 ")[1..].Select(one => one[..3]).ToArray();
        statuses.Length.ShouldBeInRange(1, 2, "Our problem, and the server's own bare answer that nobody reads.");
        statuses.ShouldAllBe(status => status == "400");
    }

    [Fact]
    public async Task A_client_of_HTTP_1_0_gets_its_stream_and_the_end_of_the_connection()
    {
        await using var shortLived = NotifierHost.With(("Streams:MaxAge", "00:00:01"));
        using var client = await RawClient.SendAsync(shortLived.Address, "GET /api/rooms/old/events HTTP/1.0\r\n\r\n");

        var answer = await client.ReadToEndAsync();

        answer.ShouldContain(" 200 OK");
        answer.ShouldContain("\r\n\r\nretry: ");
        answer.ShouldContain("event: welcome\n");
        answer.ShouldNotContain("chunked");
    }

    [Theory]
    [InlineData("x\ninjected: 1")]
    [InlineData("x\r\ndata: {}\r\n\r\nevent: message")]
    [InlineData("\u2028\u2029\u0085")]
    [InlineData("</script><script>alert(1)</script>")]
    public async Task Whatever_a_text_holds_a_stream_shows_it_as_text(string text)
    {
        var room = Fresh.Room();
        await using var stream = await host.OpenAsync($"/api/rooms/{room}/events");

        await host.Http.SayAsync(room, text);
        await host.Http.SayAsync(room, "next");

        var block = await stream.ReadAsync();
        (block.Event, block.Text).ShouldBe(("message", text));
        (await stream.ReadAsync()).Text.ShouldBe("next");
    }

    [Fact]
    public async Task A_field_of_a_command_never_becomes_a_header_or_a_line_of_a_stream()
    {
        foreach (var json in new[] { """{"type":"a\nid: 9-9","data":1}""", """{"type":"a\r","data":1}""", """{"type":"a b","data":1}""", """{"type":"t","data":1,"clientMessageId":"a\nb"}""" })
        {
            using var answer = await host.Http.PostTextAsync("/api/rooms/general/events", json);
            await answer.ShouldBeProblemAsync(HttpStatusCode.BadRequest);
        }

        using var bytes = await host.SendRawAsync(
            $"POST /api/rooms/general/messages HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nIdempotency-Key: a\u00e9\r\nContent-Length: {Encoding.ASCII.GetByteCount("""{"text":"x"}""")}\r\n\r\n{"""{"text":"x"}"""}");
        await bytes.ShouldBeProblemAsync(HttpStatusCode.BadRequest);
    }
}
