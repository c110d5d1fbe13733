using System.Text.Json;
using Notifier.Tests.Support;

namespace Notifier.Tests.Operations;

public sealed class LogLinesTests
{
    private static readonly (string, string)[] WithKey = [("Auth__SigningKey", TestTokens.Key)];

    [Fact]
    public async Task A_stream_has_a_line_when_it_opens_and_one_when_it_ends_and_a_command_has_one()
    {
        using var service = NotifierProcess.Start("Production", WithKey);
        var address = await service.ListeningAsync();
        using var ada = Client(address, TestTokens.For("ada", rooms: ["general"]));
        await using var stream = await SseStreamReader.OpenAsync(Client(address, TestTokens.For("bob", rooms: ["general"])), "/api/rooms/general/events");
        await ada.SayAsync("general", "the text");
        (await ada.PostTextAsync("/api/rooms/general/events", """{"type":"doc:update","data":1}""")).EnsureSuccessStatusCode();
        using var refused = await ada.PostTextAsync("/api/rooms/secret/messages", """{"text":"the text"}""");
        await stream.ReadAsync(2);

        service.Signal("TERM");
        await service.ExitAsync();

        var lines = service.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("Properties")).ToArray();
        var opened = lines.Single(line => line.TryGetProperty("Start", out _));
        opened.GetProperty("Connection").GetString().ShouldBe(stream.Welcome.Json.GetProperty("connection").GetString());
        opened.GetProperty("UserId").GetString().ShouldBe("bob");
        opened.GetProperty("Topics").GetString().ShouldBe("room:general");
        var closed = lines.Single(line => line.TryGetProperty("Reason", out _));
        closed.GetProperty("Connection").GetString().ShouldBe(stream.Welcome.Json.GetProperty("connection").GetString());
        closed.GetProperty("Reason").GetString().ShouldBe("drain");
        closed.GetProperty("Events").GetInt64().ShouldBe(2);
        closed.GetProperty("DurationSeconds").GetDouble().ShouldBeGreaterThan(0);

        var commands = lines.Where(line => line.TryGetProperty("Status", out _)).ToArray();
        commands.Select(line => $"{line.GetProperty("UserId")} {line.GetProperty("EventType")} {line.GetProperty("Route")} {line.GetProperty("Status")}").ShouldBe(
        [
            "ada message /api/rooms/{room}/messages 201",
            "ada doc:update /api/rooms/{room}/events 201",
            "ada message /api/rooms/{room}/messages 403",
        ]);
        commands.Select(line => line.GetProperty("RequestId").GetString()).Distinct().Count().ShouldBe(3);
    }

    [Fact]
    public async Task Levels_are_a_setting()
    {
        using var service = NotifierProcess.Start("Production", [.. WithKey, ("Logging__LogLevel__Notifier.Api.Commands", "Warning")]);
        var address = await service.ListeningAsync();
        using var ada = Client(address, TestTokens.For("ada", rooms: ["general"]));
        await using (await SseStreamReader.OpenAsync(Client(address, TestTokens.For("ada", rooms: ["general"])), "/api/rooms/general/events")) await ada.SayAsync("general", "the text");

        service.Signal("TERM");
        await service.ExitAsync();

        service.Output.ShouldContain("Opened stream");
        service.Output.ShouldNotContain("answered 201");
    }

    [Theory]
    [InlineData("Development")]
    [InlineData("Production")]
    public async Task A_whole_run_leaves_no_token_ticket_cookie_or_text_in_any_line_however_much_is_logged(string environment)
    {
        using var service = NotifierProcess.Start(environment, [.. WithKey, ("Logging__LogLevel__Default", "Trace"), ("Logging__LogLevel__Microsoft", "Trace")]);
        var address = await service.ListeningAsync();
        var token = TestTokens.For("ada", roles: ["admin"], rooms: ["*"]);
        using var ada = Client(address, token);
        using var nobody = Client(address, null);
        var secrets = new List<string> { token, token.Split('.')[2], "text-that-is-private", "title-that-is-private", "data-that-is-private", "key-that-is-private" };

        using var issued = await ada.PostTextAsync("/api/tickets", "{}");
        var ticket = (await issued.JsonAsync()).GetProperty("ticket").GetString()!;
        secrets.Add(ticket);
        await using (await SseStreamReader.OpenAsync(Client(address, null), $"/api/rooms/general/events?ticket={ticket}"))
        await using (await SseStreamReader.OpenAsync(Client(address, null), $"/api/rooms/general/events?access_token={token}"))
        await using (await SseStreamReader.OpenAsync(WithCookie(address, token), "/api/users/me/events"))
        {
            await ada.PostTextAsync("/api/rooms/general/messages", """{"text":"text-that-is-private","data":{"a":"data-that-is-private"}}""", ("Idempotency-Key", "key-that-is-private"));
            await ada.PostTextAsync("/api/rooms/general/events", """{"type":"doc:update","data":"data-that-is-private"}""");
            await ada.PostTextAsync("/api/rooms/general/events", """{"type":"not a type: text-that-is-private","data":1}""");
            await ada.PostTextAsync("/api/rooms/general/messages", """{"text":"text-that-is-private",""");
            await ada.PostTextAsync("/api/users/bob/messages", """{"text":"text-that-is-private"}""");
            await ada.PostTextAsync("/api/users/bob/notifications", """{"title":"title-that-is-private","message":"text-that-is-private"}""");
            await ada.PostTextAsync("/api/publish", """{"topics":["room:a"],"type":"note","data":"data-that-is-private"}""");
            using var spent = await nobody.GetAsync($"/api/rooms/general/events?ticket={ticket}");
            using var metrics = await nobody.GetAsync("/metrics");
            foreach (var secret in secrets) (await metrics.Content.ReadAsStringAsync()).ShouldNotContain(secret);
        }

        service.Signal("TERM");
        await service.ExitAsync();
        foreach (var secret in secrets) service.Output.ShouldNotContain(secret);
        service.Output.ShouldContain("Opened stream");
    }

    private static HttpClient Client(Uri address, string? token)
    {
        var client = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = address };
        if (token is not null) client.DefaultRequestHeaders.Authorization = new("Bearer", token);
        return client;
    }

    private static HttpClient WithCookie(Uri address, string token)
    {
        var client = Client(address, null);
        client.DefaultRequestHeaders.TryAddWithoutValidation("Cookie", $"notifier_token={token}");
        return client;
    }
}
