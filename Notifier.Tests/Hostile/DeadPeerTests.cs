using System.Text.Json;
using Notifier.Tests.Faults;
using Notifier.Tests.Support;

namespace Notifier.Tests.Hostile;

/// <summary>
/// A peer that vanishes says nothing: no close, no reset. A client that never reads looks the same from here: its buffers fill, with heartbeats if with
/// nothing else, and the write deadline ends it.
/// </summary>
public sealed class DeadPeerTests
{
    [Fact]
    public async Task A_peer_that_takes_nothing_any_more_is_let_go_within_the_write_deadline_once_its_buffers_are_full()
    {
        await using var host = NotifierHost.With(("Streams:WriteTimeoutSeconds", "2"), ("Streams:HeartbeatSeconds", "1"));
        using var dead = await RawClient.ConnectAsync(host.Address, receiveBufferBytes: 4096);
        await dead.SendAsync("GET /api/rooms/general/events?as=dead HTTP/1.1\r\nHost: test\r\n\r\n");
        await using var living = await host.OpenAsync("/api/rooms/general/events?as=living");
        await Until.TrueAsync("both are there", async () => await StreamsAsync(host) == 2);

        // Read by the living one as it comes, or it would look dead as well.
        var text = new string('x', 3900);
        const int Events = 200;
        var reading = Task.Run(async () =>
        {
            for (var read = 0; read < Events;) if ((await living.ReadAsync()).Event == "message") read++;
        });
        for (var n = 0; n < Events; n++) await host.Http.SayAsync("general", text);
        await reading;

        // What the connection and the kernel hold of 800 KB is less than that, so a write waits.
        await Until.TrueAsync("the dead one is gone", async () => await StreamsAsync(host) == 1, seconds: 10);
    }

    private static async Task<int> StreamsAsync(NotifierHost host)
    {
        using var health = JsonDocument.Parse(await host.Http.GetStringAsync("/health"));
        return health.RootElement.GetProperty("connections").GetInt32();
    }
}
