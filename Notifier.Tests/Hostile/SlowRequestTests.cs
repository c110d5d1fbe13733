using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Notifier.Tests.Faults;
using Notifier.Tests.Support;

namespace Notifier.Tests.Hostile;

/// <summary>Clients that hold a connection by sending their request as slowly as they can (slowloris, slow bodies). The server's clock is the real one here.</summary>
public sealed class SlowRequestTests(NotifierHost host) : IClassFixture<NotifierHost>
{
    private const string Post = "POST /api/rooms/general/messages HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\n";
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    public static TheoryData<string, string, string, double> Slow => new()
    {
        { "headers a byte at a time", "", $"GET /api/rooms/general/events HTTP/1.1\r\nHost: test\r\nX: {new string('x', 500)}\r\n\r\n", 13 },
        { "a request line that never ends", "GET /api/rooms/", new string('x', 500), 13 },
        { "a body a byte at a time", $"{Post}Content-Length: 10000\r\n\r\n", new string('x', 500), 13 },
        { "a body in chunks of a byte", $"{Post}Transfer-Encoding: chunked\r\n\r\n", string.Concat(Enumerable.Repeat("1\r\nx\r\n", 100)), 13 },
        { "a body that is announced and never sent", $"{Post}Content-Length: 10000\r\n\r\n", "", 13 },
        { "a body for a route that reads none", "GET /api/rooms/general/messages HTTP/1.1\r\nHost: test\r\nContent-Length: 10000\r\n\r\n", new string('x', 500), 13 },
    };

    [Theory]
    [MemberData(nameof(Slow))]
    public async Task Who_sends_too_slowly_is_answered_and_let_go_in_time(string how, string atOnce, string slowly, double seconds)
    {
        using var client = await RawClient.SendAsync(host.Address, atOnce);

        var (answer, after) = await client.DripAsync(slowly, Pause);

        after.TotalSeconds.ShouldBeLessThan(seconds, how);
        answer.ShouldContain(how.Contains("reads none", StringComparison.Ordinal) ? "HTTP/1.1 200" : "HTTP/1.1 408", Case.Sensitive, how);
        await host.Http.SayAsync("general", "still here");
    }

    [Fact]
    public async Task A_body_that_comes_at_once_but_for_its_last_byte_is_given_up_after_half_a_minute()
    {
        var time = new ManualTime();
        await using var slow = NotifierHost.With(services => services.Replace(ServiceDescriptor.Singleton<TimeProvider>(time)));
        var json = $$"""{"topics":["all"],"type":"t","data":"{{new string('x', 1_000_000)}}"}""";
        using var client = await RawClient.SendAsync(
            slow.Address, $"POST /api/publish HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nContent-Length: {json.Length}\r\n\r\n{json[..^1]}");

        var answering = client.ReadToEndAsync();
        await Until.TrueAsync("the body is being waited for", () =>
        {
            time.Advance(TimeSpan.FromSeconds(10));
            return answering.IsCompleted;
        });

        (await answering).ShouldContain("HTTP/1.1 408");
    }
}
