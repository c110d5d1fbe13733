using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Notifier.Tests.Faults;
using Notifier.Tests.Hostile;
using Notifier.Tests.Support;

namespace Notifier.Tests.Streams;

public sealed class StreamLifeTests
{
    [Fact]
    public async Task A_silent_stream_gets_a_comment()
    {
        await using var host = NotifierHost.With(("Streams:HeartbeatSeconds", "1"));
        await using var stream = await host.OpenAsync("/api/rooms/general/events");

        var beat = await stream.ReadAsync();

        beat.Comments.ShouldBe([""]);
        (beat.Id, beat.Event, beat.Data).ShouldBe((null, null, null));
        stream.Welcome.Json.GetProperty("heartbeatSeconds").GetInt32().ShouldBe(1);
    }

    [Fact]
    public async Task A_heartbeat_carries_the_position_that_types_left_unseen()
    {
        await using var host = NotifierHost.With(("Streams:HeartbeatSeconds", "1"));
        await using var stream = await host.OpenAsync("/api/rooms/general/events?types=wanted");

        var id = await host.Http.SayAsync("general", "passed over");
        SseBlock beat;
        do beat = await stream.ReadAsync();
        while (beat.Id is null);
        var next = await stream.ReadAsync();

        beat.Id.ShouldBe(id);
        (beat.Event, beat.Data).ShouldBe((null, null));
        next.Id.ShouldBeNull();
    }

    [Fact]
    public async Task A_page_that_asks_for_it_sees_heartbeats_as_events()
    {
        await using var host = NotifierHost.With(("Streams:HeartbeatSeconds", "1"));
        await using var stream = await host.OpenAsync("/api/events?topic=room:general&heartbeat=event&types=wanted");

        var first = await stream.ReadAsync();
        await host.Http.SayAsync("general", "passed over");
        SseBlock moved;
        do moved = await stream.ReadAsync();
        while (moved.Id is null);

        (first.Event, first.Data, first.Id).ShouldBe(("ping", "{}", null));
        (moved.Event, moved.Data).ShouldBe(("ping", "{}"));
        moved.Id.ShouldNotBe(stream.Welcome.Id);
    }

    [Fact]
    public async Task A_stream_ends_by_itself_at_its_age_between_two_events()
    {
        await using var host = NotifierHost.With(("Streams:MaxAge", "00:00:01"));
        await using var stream = await host.OpenAsync("/api/rooms/general/events");

        (await stream.ReadToEndAsync()).ShouldBeEmpty();

        await using var back = await host.OpenAsync("/api/rooms/general/events", stream.Welcome.Id);
        back.Welcome.Json.GetProperty("resumed").GetBoolean().ShouldBeTrue();
    }

    [Fact]
    public async Task A_user_with_too_many_streams_is_turned_away_in_a_way_that_an_event_source_survives()
    {
        await using var host = NotifierHost.With(("Streams:MaxPerUser", "2"), ("Streams:RetryMs", "1000"));
        await using var one = await host.OpenAsync("/api/rooms/general/events?as=ada");
        await using var two = await host.OpenAsync("/api/users/me/events?as=ada");

        await using var third = await SseStreamReader.OpenRawAsync(host.NewClient(), "/api/rooms/general/events?as=ada");
        var blocks = await third.ReadToEndAsync();
        using var plain = await host.Http.GetAsync("/api/rooms/general/events?as=ada");
        await using var other = await host.OpenAsync("/api/rooms/general/events?as=bob");

        third.Response.StatusCode.ShouldBe(HttpStatusCode.OK);
        third.Response.Content.Headers.ContentType!.MediaType.ShouldBe("text/event-stream");
        var busy = blocks.ShouldHaveSingleItem();
        busy.Event.ShouldBe("busy");
        busy.Id.ShouldBeNull();
        busy.Retry!.Value.ShouldBeInRange(500, 1500);
        busy.Json.GetProperty("reason").GetString().ShouldBe("too-many-streams");
        busy.Json.GetProperty("retryMs").GetInt32().ShouldBe(busy.Retry.Value);
        await plain.ShouldBeProblemAsync(HttpStatusCode.ServiceUnavailable);
        plain.Headers.RetryAfter!.Delta!.Value.TotalSeconds.ShouldBeGreaterThanOrEqualTo(1);
    }

    [Fact]
    public async Task A_place_that_is_left_is_free_again()
    {
        await using var host = NotifierHost.With(("Streams:MaxConnections", "1"));
        var first = await host.OpenAsync("/api/rooms/general/events");
        await using (var full = await SseStreamReader.OpenRawAsync(host.NewClient(), "/api/rooms/general/events?as=bob"))
        {
            (await full.ReadAsync()).Json.GetProperty("reason").GetString().ShouldBe("full");
        }

        await first.DisposeAsync();

        // The server learns of the closed connection by itself, a moment later.
        SseBlock block;
        do
        {
            await using var next = await SseStreamReader.OpenRawAsync(host.NewClient(), "/api/rooms/general/events?as=bob");
            block = await next.ReadAsync();
        }
        while (block.Event == "busy");

        block.Event.ShouldBe("welcome");
    }

    [Fact]
    public async Task A_client_that_takes_nothing_is_cut_and_the_others_do_not_wait_for_it()
    {
        await using var host = NotifierHost.With(("Streams:WriteTimeoutSeconds", "4"), ("Log:MaxEventsPerTopic", "10000"), ("Streams:HeartbeatSeconds", "1"));
        using var deaf = new TcpClient { ReceiveBufferSize = 4096 };
        await deaf.ConnectAsync(host.Address.Host, host.Address.Port);
        await deaf.GetStream().WriteAsync(Encoding.ASCII.GetBytes("GET /api/rooms/general/events?as=deaf HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n\r\n"));
        await using var stream = await host.OpenAsync("/api/rooms/general/events?as=keen");
        await WaitForConnectionsAsync(host, 2);

        // Takes them while they are published: who waits until all are takes nothing for so long either.
        var keen = ReadEventsAsync(stream, 2000);

        // More than the socket's and the server's buffers hold, so that the deaf one's stream stands still.
        var text = new string('x', 4000);
        for (var i = 0; i < 20; i++)
        {
            var events = string.Join(',', Enumerable.Range(0, 100).Select(_ => $$"""{"topics":["room:general"],"type":"n","data":"{{text}}"}"""));
            (await host.Http.PostTextAsync("/api/publish", $"[{events}]")).EnsureSuccessStatusCode();
        }

        await keen;
        await WaitForConnectionsAsync(host, 1);

        static async Task ReadEventsAsync(SseStreamReader stream, int count)
        {
            for (var read = 0; read < count;) if ((await stream.ReadAsync()).Event == "n") read++;
        }
    }

    [Fact]
    public async Task A_client_that_held_up_a_flush_for_a_while_gets_its_heartbeats_on_time_again()
    {
        var time = new ManualTime();
        await using var host = NotifierHost.With(services => services.AddSingleton<TimeProvider>(time), ("Streams:WriteTimeoutSeconds", "60"), ("Streams:HeartbeatSeconds", "1"));
        using var client = await RawClient.ConnectAsync(host.Address, receiveBufferBytes: 4096);
        await client.SendAsync("GET /api/rooms/general/events?as=late HTTP/1.1\r\nHost: x\r\n\r\n");
        await client.ReadUntilAsync("event: welcome");
        var events = string.Join(',', Enumerable.Range(0, 100).Select(_ => $$"""{"topics":["room:general"],"type":"n","data":"{{new string('x', 4000)}}"}"""));
        await host.Http.PostTextAsync("/api/publish", $"[{events}]");
        await Until.TrueAsync("it is told", async () => (await Exposition.FetchAsync(host.Http))["notifier_events_delivered_total{type=\"other\"}"] > 0);

        // Looked at while it waits for the client, which then takes all there is.
        time.Advance(TimeSpan.FromMilliseconds(500));
        await host.Http.SayAsync("general", "the last");
        await client.ReadUntilAsync("the last");
        time.Advance(TimeSpan.FromSeconds(2));

        await client.ReadUntilAsync(": \n\n");

        // A service whose clock stands still would wait for it to the end of its drain.
        client.Dispose();
        await WaitForConnectionsAsync(host, 0);
    }

    [Fact]
    public async Task A_client_that_is_always_behind_is_ended_at_its_time_all_the_same()
    {
        await using var host = NotifierHost.With(("Streams:MaxAge", "00:00:02"), ("Log:MaxEventsPerTopic", "100000"), ("Log:MaxBytes", "1 GiB"));
        var events = string.Join(',', Enumerable.Range(0, 100).Select(_ => $$"""{"topics":["room:general"],"type":"n","data":"{{new string('x', 4000)}}"}"""));
        for (var i = 0; i < 50; i++) (await host.Http.PostTextAsync("/api/publish", $"[{events}]")).EnsureSuccessStatusCode();
        using var slow = new TcpClient { ReceiveBufferSize = 4096 };
        await slow.ConnectAsync(host.Address.Host, host.Address.Port);
        var connection = slow.GetStream();
        await connection.WriteAsync("GET /api/rooms/general/events?since=all HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"u8.ToArray());

        // Takes a little at a time for longer than the stream may last, so that a write is under way whenever the clock looks, and then all there is.
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var buffer = new byte[16 * 1024];
        var total = 0L;
        var start = Stopwatch.GetTimestamp();
        while (await connection.ReadAsync(buffer, deadline.Token) is > 0 and var read)
        {
            total += read;
            if (Stopwatch.GetElapsedTime(start).TotalSeconds < 4) await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, deadline.Token);
        }

        total.ShouldBeLessThan(18_000_000);
    }

    [Fact]
    public async Task Nothing_of_a_stream_outlives_it()
    {
        await using var host = NotifierHost.With();
        for (var round = 0; round < 20; round++)
        {
            var streams = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => host.OpenAsync($"/api/events?topic=room:r{i}&topic=all&as=u{i}")));
            foreach (var stream in streams) await stream.DisposeAsync();
        }

        await WaitForConnectionsAsync(host, 0);
    }

    private static async Task WaitForConnectionsAsync(NotifierHost host, int count)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        int connections;
        do
        {
            using var answer = await host.Http.GetAsync("/health", deadline.Token);
            connections = (await answer.JsonAsync()).GetProperty("connections").GetInt32();
        }
        while (connections != count);
    }
}
