using System.Net;
using Notifier.Tests.Support;

namespace Notifier.Tests.Deployment;

/// <summary>The Caddyfile that is shipped, in front of an instance.</summary>
public sealed class CaddyTests
{
    [SkippableFact]
    public async Task A_stream_arrives_event_by_event_with_the_headers_of_the_service()
    {
        await using var host = NotifierHost.With(("Proxy:KnownNetworks", "127.0.0.0/8,::1/128"));
        await using var caddy = await Caddy.StartAsync(host.Address.Port);
        var room = Fresh.Room();

        await using var stream = await SseStreamReader.OpenAsync(caddy.NewClient(), $"/api/rooms/{room}/events");
        await host.Http.SayAsync(room, "Passed on at once");

        (await stream.ReadAsync()).Data!.ShouldContain("Passed on at once");
        stream.Response.Headers.CacheControl!.ToString().ShouldContain("no-transform");
        stream.Response.Content.Headers.ContentEncoding.ShouldBeEmpty();
    }

    [SkippableFact]
    public async Task While_no_instance_answers_streams_are_told_to_come_back_and_commands_get_a_problem_and_no_secret_is_logged()
    {
        await using var caddy = await Caddy.StartAsync(FreePort.Next());
        using var client = caddy.NewClient();

        await using var stream = await SseStreamReader.OpenRawAsync(caddy.NewClient(), "/api/rooms/general/events?ticket=SECRET-TICKET");
        var block = await stream.ReadAsync();
        using var answer = await client.PostTextAsync("/api/rooms/general/messages?access_token=SECRET-TOKEN", """{"text":"Hello"}""");

        stream.Response.StatusCode.ShouldBe(HttpStatusCode.OK);
        stream.Response.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
        block.Event.ShouldBe("busy");
        block.Retry.ShouldNotBeNull();
        await answer.ShouldBeProblemAsync(HttpStatusCode.ServiceUnavailable);
        answer.Headers.RetryAfter.ShouldNotBeNull();
        var isLogged = () => caddy.Output.Split('\n').Count(line => line.Contains("handled request", StringComparison.Ordinal)) >= 2;
        SpinWait.SpinUntil(isLogged, TimeSpan.FromSeconds(10)).ShouldBeTrue(caddy.Output);
        caddy.Output.ShouldNotContain("SECRET");
    }
}
