using System.Net;
using Notifier.Tests.Support;

namespace Notifier.Tests.Streams;

public sealed class StreamFormTests(NotifierHost host) : IClassFixture<NotifierHost>
{
    [Theory]
    [InlineData("/api/rooms/general/events")]
    [InlineData("/api/users/me/events")]
    [InlineData("/api/events?topic=all")]
    public async Task A_stream_has_the_headers_that_keep_it_a_stream_on_its_way(string path)
    {
        using var client = host.NewClient();
        using var head = await client.SendAsync(new(HttpMethod.Head, path));
        await using var get = await host.OpenAsync(path);

        foreach (var answer in new[] { head, get.Response })
        {
            answer.StatusCode.ShouldBe(HttpStatusCode.OK);
            answer.Content.Headers.ContentType!.ToString().ShouldBe("text/event-stream");
            answer.Headers.NonValidated["Cache-Control"].ToString().ShouldBe("no-cache, no-transform");
            answer.Headers.GetValues("X-Accel-Buffering").ShouldBe(["no"]);
            answer.Content.Headers.ContentEncoding.ShouldBeEmpty();
        }

        (await head.Content.ReadAsByteArrayAsync()).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(null, "text/event-stream")]
    [InlineData("*/*", "text/event-stream")]
    [InlineData("text/event-stream", "text/event-stream")]
    [InlineData("text/*", "text/event-stream")]
    [InlineData("text/event-stream, application/json", "text/event-stream")]
    [InlineData("application/json", "application/json")]
    [InlineData("application/json, text/plain, */*", "application/json")]
    [InlineData("application/json;q=0.5, text/event-stream;q=0.9", "text/event-stream")]
    [InlineData("application/json, text/event-stream;q=0.5", "application/json")]
    [InlineData("application/*", "application/json")]
    public async Task The_accept_header_chooses_between_stream_and_poll(string? accept, string type)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "/api/rooms/general/events");
        if (accept is not null) request.Headers.TryAddWithoutValidation("Accept", accept);

        using var answer = await host.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe(type);
    }

    [Theory]
    [InlineData("text/html")]
    [InlineData("text/event-stream;q=0")]
    [InlineData("nonsense")]
    public async Task An_accept_header_that_allows_neither_is_406(string accept)
    {
        foreach (var method in new[] { HttpMethod.Get, HttpMethod.Head })
        {
            var request = new HttpRequestMessage(method, "/api/rooms/general/events");
            request.Headers.TryAddWithoutValidation("Accept", accept);
            using var answer = await host.Http.SendAsync(request);
            answer.StatusCode.ShouldBe(HttpStatusCode.NotAcceptable);
            if (method == HttpMethod.Get) await answer.ShouldBeProblemAsync(HttpStatusCode.NotAcceptable);
        }
    }
}
