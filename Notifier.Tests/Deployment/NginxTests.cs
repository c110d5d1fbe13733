using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Notifier.Tests.Faults;
using Notifier.Tests.Support;

namespace Notifier.Tests.Deployment;

/// <summary>The nginx configuration that is shipped, in front of two instances on one Redis, which it finds by name as it does under Docker.</summary>
public sealed class NginxTests(RedisServer redis) : IClassFixture<RedisServer>, IAsyncLifetime
{
    private static readonly IPAddress First = IPAddress.Parse("127.0.0.1");
    private static readonly IPAddress Second = IPAddress.Parse("127.0.0.2");

    private readonly NameServer _names = NameServer.Of(First, Second);
    private readonly Dictionary<string, NotifierProcess> _instances = [];
    private readonly string _room = Fresh.Room();
    private Nginx? _nginx;

    private Nginx Front => _nginx!;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_nginx is not null) await _nginx.DisposeAsync();
        foreach (var instance in _instances.Values) instance.Dispose();
        await _names.DisposeAsync();
    }

    [SkippableFact]
    public async Task A_stream_arrives_event_by_event_with_the_headers_of_the_service_and_commands_pass()
    {
        await StartAsync();
        using var client = Front.NewClient();
        await using var stream = await SseStreamReader.OpenAsync(Front.NewClient(), $"/api/rooms/{_room}/events");

        // Each is read before the next is sent: nothing waits in a buffer for more.
        for (var i = 0; i < 20; i++)
        {
            var id = await client.SayAsync(_room, $"event {i}");
            var block = await stream.ReadAsync();
            block.Id.ShouldBe(id);
            block.Text.ShouldBe($"event {i}");
        }

        stream.Response.Version.ShouldBe(HttpVersion.Version11);
        stream.Response.Content.Headers.ContentType!.ToString().ShouldBe("text/event-stream");
        stream.Response.Headers.NonValidated["Cache-Control"].ToString().ShouldBe("no-cache, no-transform");
        stream.Response.Headers.GetValues("X-Accel-Buffering").ShouldBe(["no"]);
    }

    [SkippableFact]
    public async Task A_client_whose_instance_is_killed_resumes_through_the_other_one()
    {
        await StartAsync();
        using var client = Front.NewClient();
        string instance;
        await using (var stream = await SseStreamReader.OpenAsync(Front.NewClient(), $"/api/rooms/{_room}/events"))
        {
            instance = stream.Welcome.Json.GetProperty("instance").GetString()!;
            await client.SayAsync(_room, "seen");
            (await stream.ReadAsync()).Text.ShouldBe("seen");

            _instances[instance].Signal("KILL");
            await Should.ThrowAsync<Exception>(async () => await stream.ReadAsync());

            // A command that the dead instance may have taken is not sent to another by nginx: that is the client's to do, by its key.
            await Until.TrueAsync("another instance takes the command", async () =>
            {
                using var answer = await client.PostTextAsync($"/api/rooms/{_room}/messages", """{"text":"missed"}""", ("Idempotency-Key", _room));
                return answer.StatusCode == HttpStatusCode.Created;
            });

            // Its name server still knows the dead instance: nginx passes it over.
            await using var back = await SseStreamReader.OpenAsync(Front.NewClient(), $"/api/rooms/{_room}/events", stream.LastEventId);
            back.Welcome.Json.GetProperty("instance").GetString().ShouldNotBe(instance);
            back.Welcome.Json.GetProperty("resumed").GetBoolean().ShouldBeTrue();
            (await back.ReadAsync()).Text.ShouldBe("missed");
        }
    }

    [SkippableFact]
    public async Task Instances_come_and_go_without_a_reload()
    {
        _names.Addresses = [First];
        await StartAsync();
        var before = await AskManyAsync();

        _names.Addresses = [Second];
        var start = Stopwatch.GetTimestamp();
        string[] after;
        do
        {
            after = await AskManyAsync();
            Stopwatch.GetElapsedTime(start).ShouldBeLessThan(TimeSpan.FromSeconds(20));
        }
        while (after.Intersect(before).Any());

        before.ShouldHaveSingleItem();
        after.ShouldHaveSingleItem();
        _instances.Keys.Order().ShouldBe(before.Concat(after).Order());
    }

    [SkippableFact]
    public async Task No_token_and_no_ticket_reaches_nginxs_logs_even_where_an_instance_or_all_of_them_are_gone()
    {
        await StartAsync();
        using var client = Front.NewClient();
        var paths = new[] { "/api/rooms/general/events?access_token=secret-one", "/api/events?topic=all&ticket=secret-two", "/nothing?access_token=secret-three" };
        async Task AskAllAsync()
        {
            foreach (var path in paths)
            {
                using var answer = await client.GetAsync(path, HttpCompletionOption.ResponseHeadersRead);
            }
        }

        await AskAllAsync();
        _instances.Values.First().Signal("KILL");
        for (var i = 0; i < 4; i++) await AskAllAsync();
        _instances.Values.Last().Signal("KILL");
        await AskAllAsync();
        var output = await Front.StopAsync();

        output.ShouldContain("\"path\":\"/api/rooms/general/events\"");
        output.ShouldNotContain("secret");
        output.ShouldNotContain("?");
        foreach (var line in output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => line.StartsWith('{'))) JsonDocument.Parse(line);
    }

    [SkippableFact]
    public async Task Heartbeats_pass_through_an_idle_stream()
    {
        await StartAsync(("Streams__HeartbeatSeconds", "1"));
        await using var stream = await SseStreamReader.OpenAsync(Front.NewClient(), $"/api/rooms/{_room}/events");

        var beats = await stream.ReadAsync(3);

        beats.ShouldAllBe(beat => beat.Comments.Count == 1 && beat.Data == null);
    }

    [SkippableFact]
    public async Task As_long_as_no_instance_answers_an_event_source_is_told_when_to_come_back_and_others_get_a_problem()
    {
        await StartAsync();
        foreach (var instance in _instances.Values) instance.Signal("KILL");
        foreach (var instance in _instances.Values) await instance.ExitAsync();
        using var client = Front.NewClient();

        await using var turnedAway = await SseStreamReader.OpenRawAsync(Front.NewClient(), $"/api/rooms/{_room}/events");
        var blocks = await turnedAway.ReadToEndAsync();
        using var command = await client.PostTextAsync($"/api/rooms/{_room}/messages", """{"text":"hi"}""");

        turnedAway.Response.StatusCode.ShouldBe(HttpStatusCode.OK);
        turnedAway.Response.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
        var busy = blocks.ShouldHaveSingleItem();
        busy.Event.ShouldBe("busy");
        busy.Retry.ShouldBe(busy.Json.GetProperty("retryMs").GetInt32());
        await command.ShouldBeProblemAsync(HttpStatusCode.ServiceUnavailable);
        command.Headers.RetryAfter!.Delta.ShouldBe(TimeSpan.FromSeconds(2));
    }

    [SkippableFact]
    public async Task Long_addresses_and_large_bodies_get_as_far_as_the_service()
    {
        await StartAsync();
        using var client = Front.NewClient();

        using var longAddress = await client.GetAsync($"/healthz?{new string('q', 15_000)}");
        using var largeBody = await client.PostTextAsync("/api/publish", $$"""{"topics":["room:{{_room}}"],"type":"doc","data":"{{new string('d', 1_200_000)}}"}""");

        longAddress.StatusCode.ShouldBe(HttpStatusCode.OK);
        await largeBody.ShouldBeProblemAsync(HttpStatusCode.RequestEntityTooLarge);
    }

    // Many at once reach every worker of nginx, each of which asks the name server for itself.
    private async Task<string[]> AskManyAsync()
    {
        using var client = Front.NewClient();
        var answers = await Task.WhenAll(Enumerable.Range(0, 32).Select(async _ =>
        {
            using var answer = await client.GetAsync("/health");
            return (await answer.JsonAsync()).GetProperty("instance").GetString()!;
        }));
        return [.. answers.Distinct()];
    }

    // Replicas share a port and differ in their addresses, as they do in a network of Docker's.
    private async Task StartAsync(params (string, string)[] settings)
    {
        var configuration = redis.Need();
        var port = FreePort.Next(First, Second);
        _nginx = await Nginx.StartAsync(_names, port);
        var prefix = $"test-{Guid.NewGuid():N}";
        var started = new[] { First, Second }.Select(address => NotifierProcess.Start(
            "Development",
            [("Redis__Configuration", configuration), ("Redis__KeyPrefix", prefix), ("ASPNETCORE_URLS", $"http://{address}:{port}"), .. settings])).ToList();
        for (var i = 0; i < started.Count; i++) _instances[$"starting-{i}"] = started[i];
        foreach (var instance in started)
        {
            using var client = new HttpClient { BaseAddress = await instance.ListeningAsync() };
            HttpResponseMessage ready;
            do ready = await client.GetAsync("/readyz");
            while (!ready.IsSuccessStatusCode);
            using var answer = await client.GetAsync("/health");
            _instances[(await answer.JsonAsync()).GetProperty("instance").GetString()!] = instance;
        }

        for (var i = 0; i < started.Count; i++) _instances.Remove($"starting-{i}");
    }
}
