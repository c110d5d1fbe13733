using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Notifier.Tests.Support;

namespace Notifier.Tests.Operations;

public sealed class ProcessTests
{
    private static readonly (string, string)[] WithKey = [("Auth__SigningKey", new string('k', 32))];

    [Fact]
    public async Task On_sigterm_open_streams_end_within_the_drain_time_after_a_retry_and_the_exit_code_is_0()
    {
        using var service = NotifierProcess.Start("Development", [("Streams__DrainSeconds", "2"), ("Streams__RetryMs", "1000")]);
        var address = await service.ListeningAsync();
        using var client = new HttpClient { BaseAddress = address };
        var streams = await Task.WhenAll(Enumerable.Range(0, 20).Select(i =>
            SseStreamReader.OpenAsync(new HttpClient { BaseAddress = address }, $"/api/rooms/general/events?as=u{i}")));
        await client.SayAsync("general", "before the end");

        var stopwatch = Stopwatch.StartNew();
        service.Signal("TERM");
        var endings = await Task.WhenAll(streams.Select(s => s.ReadToEndAsync()));
        var exitCode = await service.ExitAsync();

        exitCode.ShouldBe(0, service.Output);
        stopwatch.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(20));
        foreach (var blocks in endings)
        {
            blocks.First(block => block.Event != "presence").Text.ShouldBe("before the end");
            blocks[^1].Retry!.Value.ShouldBeInRange(500, 1500);
        }
    }

    [Fact]
    public async Task While_it_drains_it_is_not_ready_and_turns_new_streams_away()
    {
        using var service = NotifierProcess.Start("Development", [("Streams__DrainSeconds", "20")]);
        var address = await service.ListeningAsync();
        using var client = new HttpClient { BaseAddress = address };
        (await client.GetAsync("/readyz")).StatusCode.ShouldBe(HttpStatusCode.OK);

        // Enough streams that some are still open for as long as the test looks.
        var streams = await Task.WhenAll(Enumerable.Range(0, 40).Select(i =>
            SseStreamReader.OpenAsync(new HttpClient { BaseAddress = address }, $"/api/rooms/general/events?as=u{i}")));
        service.Signal("TERM");
        HttpResponseMessage ready;
        do ready = await client.GetAsync("/readyz");
        while (ready.StatusCode == HttpStatusCode.OK);
        await using var late = await SseStreamReader.OpenRawAsync(new HttpClient { BaseAddress = address }, "/api/rooms/general/events");
        var busy = await late.ReadAsync();
        var stored = await client.SayAsync("general", "commands still work");

        await ready.ShouldBeProblemAsync(HttpStatusCode.ServiceUnavailable);
        (await client.GetAsync("/healthz")).StatusCode.ShouldBe(HttpStatusCode.OK);
        busy.Json.GetProperty("reason").GetString().ShouldBe("draining");
        stored.ShouldNotBeEmpty();
        foreach (var stream in streams) await stream.DisposeAsync();
        (await service.ExitAsync()).ShouldBe(0);
    }

    [Theory]
    [InlineData("Production", "Auth:SigningKey", "")]
    [InlineData("Production", "Auth:SigningKey has 31 bytes", "--Auth:SigningKey=kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk")]
    [InlineData("Production", "Auth:AllowAnonymous", "--Auth:AllowAnonymous=true")]
    [InlineData("Development", "Streams:HeartbeatSeconds is '0'; it takes a whole number, from 1 to 300", "--Streams:HeartbeatSeconds=0")]
    [InlineData("Development", "Streams:HeartbeatSeconds is 'soon'", "--Streams:HeartbeatSeconds=soon")]
    [InlineData("Development", "Log:MaxEventsPerTopic is '100000001'", "--Log:MaxEventsPerTopic=100000001")]
    [InlineData("Development", "Log:MaxAge is '7'", "--Log:MaxAge=7")]
    [InlineData("Development", "Log:MaxAge is '24:00:00'", "--Log:MaxAge=24:00:00")]
    [InlineData("Development", "Streams:Heartbeat is not a setting", "--Streams:Heartbeat=15")]
    [InlineData("Development", "Streams:MaxAge:Foo is not a setting", "--Streams:MaxAge:Foo=3")]
    [InlineData("Development", "Redis:Configuration", "--Redis:Configuration=localhost,nonsense=1")]
    [InlineData("Development", "Redis:KeyPrefix", "--Redis:KeyPrefix={a}")]
    [InlineData("Development", "Cors:Origins names 'app.example'", "--Cors:Origins=app.example")]
    [InlineData("Development", "Proxy:KnownNetworks names '10.0.0.0/99'", "--Proxy:KnownNetworks=10.0.0.0/99")]
    [InlineData("Development", "Server:Transport is 'uring'; it takes epoll or sockets", "--Server:Transport=uring")]
    [InlineData("Development", "PORT is 'http'", "--PORT=http")]
    public async Task A_setting_that_is_missing_unknown_or_out_of_range_ends_the_start_with_its_name_and_what_would_be_right(
        string environment, string message, string argument)
    {
        using var service = NotifierProcess.Start(environment, null, argument.Length > 0 ? [argument] : []);

        (await service.ExitAsync()).ShouldNotBe(0);

        service.Output.ShouldContain(message);
        service.Output.ShouldNotContain("   at ");
        service.Output.ShouldNotContain("kkkkkk");
    }

    [Fact]
    public async Task Outside_development_it_logs_lines_of_json_and_has_no_guests_and_no_development_tokens()
    {
        using var service = NotifierProcess.Start("Production", WithKey);
        using var client = new HttpClient { BaseAddress = await service.ListeningAsync() };

        using var guest = await client.GetAsync("/api/rooms/general/events?as=ada");
        using var token = await client.PostTextAsync("/api/dev/tokens", """{"sub":"ada"}""");
        service.Signal("TERM");
        (await service.ExitAsync()).ShouldBe(0);

        await guest.ShouldBeProblemAsync(HttpStatusCode.Unauthorized);
        await token.ShouldBeProblemAsync(HttpStatusCode.NotFound);
        foreach (var line in service.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)) JsonDocument.Parse(line);
    }

    [Theory]
    [InlineData("Development")]
    [InlineData("Production")]
    public async Task No_token_and_no_ticket_reaches_a_log_line_however_much_is_logged(string environment)
    {
        using var service = NotifierProcess.Start(environment, [.. WithKey, ("Logging__LogLevel__Default", "Trace"), ("Logging__LogLevel__Microsoft", "Trace")]);
        using var client = new HttpClient { BaseAddress = await service.ListeningAsync() };

        foreach (var path in new[] { "/api/rooms/general/events", "/api/rooms/%00/events", "/api/nothing" })
        {
            var request = new HttpRequestMessage(HttpMethod.Get, $"{path}?access_token=secret-one&ticket=secret-two");
            request.Headers.TryAddWithoutValidation("Authorization", "Bearer secret-three");
            request.Headers.TryAddWithoutValidation("Cookie", "notifier_token=secret-four");
            using var refused = await client.SendAsync(request);
            ((int)refused.StatusCode).ShouldBeGreaterThanOrEqualTo(400);
        }

        service.Signal("TERM");
        await service.ExitAsync();
        service.Output.ShouldNotContain("secret-");
    }

    [Fact]
    public async Task The_platforms_port_is_listened_on_unless_somebody_typed_an_address()
    {
        using var platform = NotifierProcess.Start("Development", [("PORT", "21471")]);
        using var typed = NotifierProcess.Start("Development", [("PORT", "21472")], "--urls", "http://127.0.0.1:0");

        (await platform.ListeningAsync()).Port.ShouldBe(21471);
        (await typed.ListeningAsync()).Port.ShouldNotBe(21472);
    }

    [Fact]
    public async Task A_port_for_operators_has_what_is_theirs_alone_and_the_probes()
    {
        using var service = NotifierProcess.Start("Development", null, "--Operations:Port=21473");
        using var open = new HttpClient { BaseAddress = await service.ListeningAsync() };
        using var operators = new HttpClient { BaseAddress = new("http://127.0.0.1:21473") };

        open.BaseAddress!.Port.ShouldNotBe(21473);
        foreach (var path in new[] { "/health", "/health/", "/metrics", "/metrics/" }) await (await open.GetAsync(path)).ShouldBeProblemAsync(HttpStatusCode.NotFound);
        (await open.GetAsync("/readyz")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await operators.GetAsync("/health")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await operators.GetAsync("/healthz")).StatusCode.ShouldBe(HttpStatusCode.OK);
        await (await operators.GetAsync("/api/rooms/general/messages")).ShouldBeProblemAsync(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_client_that_takes_nothing_does_not_hold_up_the_end()
    {
        using var service = NotifierProcess.Start("Development", [("Streams__DrainSeconds", "1"), ("Log__MaxEventsPerTopic", "100000")]);
        var address = await service.ListeningAsync();
        using var client = new HttpClient { BaseAddress = address };
        using var deaf = new TcpClient { ReceiveBufferSize = 4096 };
        await deaf.ConnectAsync(address.Host, address.Port);
        await deaf.GetStream().WriteAsync("GET /api/rooms/general/events?since=all HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray());
        var text = new string('x', 4000);
        for (var i = 0; i < 20; i++)
        {
            var events = string.Join(',', Enumerable.Range(0, 100).Select(_ => $$"""{"topics":["room:general"],"type":"n","data":"{{text}}"}"""));
            (await client.PostTextAsync("/api/publish", $"[{events}]")).EnsureSuccessStatusCode();
        }

        var stopwatch = Stopwatch.StartNew();
        service.Signal("TERM");

        (await service.ExitAsync()).ShouldBe(0, service.Output);
        stopwatch.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(12));
    }
}
