using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Notifier.Tests.Faults;
using Notifier.Tests.Support;

namespace Notifier.Tests.Diagnostics;

/// <summary>The stream by which a client finds out what lies between it and the service.</summary>
public sealed class SelfCheckTests
{
    [Fact]
    public async Task The_stream_says_what_was_seen_of_the_request_and_sends_known_times_until_it_is_done()
    {
        var time = new ManualTime();
        await using var host = NotifierHost.With(services => services.Replace(ServiceDescriptor.Singleton<TimeProvider>(time)), ("Streams:HeartbeatSeconds", "1"));
        var client = host.NewClient();
        client.DefaultRequestHeaders.Via.Add(new ViaHeaderValue("1.1", "proxy"));
        client.DefaultRequestHeaders.Add("X-Forwarded-For", "192.0.2.7");
        client.DefaultRequestHeaders.AcceptEncoding.Add(new StringWithQualityHeaderValue("gzip"));

        await using var stream = await SseStreamReader.OpenRawAsync(client, "/api/diagnostics/stream?as=ada");
        var first = await stream.ReadAsync();
        var seen = first.Json;
        var marks = seen.GetProperty("marks").GetInt32();
        var blocks = new List<SseBlock>();
        for (var n = 0; n < marks; n++) blocks.Add(await AfterAsync(TimeSpan.FromMilliseconds(seen.GetProperty("everyMs").GetInt32())));
        blocks.Add(await AfterAsync(TimeSpan.FromSeconds(1)));

        stream.Response.StatusCode.ShouldBe(HttpStatusCode.OK);
        stream.Response.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
        stream.Response.Headers.CacheControl!.ToString().ShouldContain("no-transform");
        first.Event.ShouldBe("request");
        seen.GetProperty("protocol").GetString().ShouldBe("HTTP/1.1");
        seen.GetProperty("forwarded").GetString().ShouldBe("ignored");
        seen.GetProperty("via").GetString().ShouldBe("1.1 proxy");
        seen.GetProperty("acceptEncoding").GetString().ShouldBe("gzip");
        seen.GetProperty("silenceSeconds").GetInt32().ShouldBe(1);
        first.Data!.ShouldNotContain("192.0.2.7");

        blocks[..^1].ShouldAllBe(block => block.Event == "mark");
        blocks[^1].Event.ShouldBe("done");
        blocks.Select(block => block.Json.GetProperty("elapsedMs").GetInt32()).ShouldBe([250, 500, 750, 1000, 1250, 1500, 1750, 2000, 3000]);
        (await stream.TryReadAsync()).ShouldBeNull();

        async Task<SseBlock> AfterAsync(TimeSpan wait)
        {
            await Until.TrueAsync("the next one is waited for", () => time.HasDelayOf(wait));
            time.Advance(wait);
            return await stream.ReadAsync();
        }
    }

    [Fact]
    public async Task A_proxy_that_is_known_is_believed()
    {
        await using var host = NotifierHost.With(("Proxy:KnownNetworks", "127.0.0.0/8,::1/128"));
        var client = host.NewClient();
        client.DefaultRequestHeaders.Add("X-Forwarded-For", "192.0.2.7");
        client.DefaultRequestHeaders.Add("X-Forwarded-Proto", "https");

        await using var stream = await SseStreamReader.OpenRawAsync(client, "/api/diagnostics/stream?silence=0");
        var seen = (await stream.ReadAsync()).Json;

        seen.GetProperty("forwarded").GetString().ShouldBe("believed");
        seen.GetProperty("scheme").GetString().ShouldBe("https");
    }

    [Theory]
    [InlineData("121")]
    [InlineData("-1")]
    [InlineData("long")]
    public async Task A_silence_that_would_hold_a_place_for_long_is_refused(string silence)
    {
        await using var host = NotifierHost.With();

        using var answer = await host.Http.GetAsync($"/api/diagnostics/stream?silence={silence}");

        await answer.ShouldBeInvalidAsync("silence");
    }

    [Fact]
    public async Task It_takes_a_place_at_the_door_and_gives_it_back()
    {
        await using var host = NotifierHost.With(("Streams:MaxPerUser", "1"));
        await using (var first = await SseStreamReader.OpenRawAsync(host.NewClient(), "/api/diagnostics/stream?as=ada&silence=60"))
        {
            (await first.ReadAsync()).Event.ShouldBe("request");
            await using var second = await SseStreamReader.OpenRawAsync(host.NewClient(), "/api/diagnostics/stream?as=ada");
            (await second.ReadAsync()).Event.ShouldBe("busy");
        }

        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (true)
        {
            await using var next = await SseStreamReader.OpenRawAsync(host.NewClient(), "/api/diagnostics/stream?as=ada&silence=0");
            if ((await next.ReadAsync()).Event == "request") break;
            deadline.Token.ThrowIfCancellationRequested();
        }
    }

    [Fact]
    public async Task It_takes_a_token_and_no_ticket()
    {
        await using var host = NotifierHost.In("Production", ("Auth:SigningKey", TestTokens.Key));
        using var client = host.NewClient();

        using var nobody = await client.GetAsync("/api/diagnostics/stream");

        await nobody.ShouldBeProblemAsync(HttpStatusCode.Unauthorized);
        await using var inDevelopment = NotifierHost.With();
        using var issued = await inDevelopment.Http.PostTextAsync("/api/tickets?as=ada", """{"topics":["room:general"]}""");
        var ticket = (await issued.JsonAsync()).GetProperty("ticket").GetString();
        using var refused = await inDevelopment.Http.GetAsync($"/api/diagnostics/stream?ticket={ticket}");
        await refused.ShouldBeProblemAsync(HttpStatusCode.Forbidden);
    }
}
