using Microsoft.Extensions.DependencyInjection;
using Notifier.Api.Commands;
using Notifier.Tests.Faults;
using Notifier.Tests.Support;

namespace Notifier.Tests.Hostile;

/// <summary>What clients can make the service hold. They run alone: the memory that they look at is this whole process's.</summary>
[Collection(HostileTestCollection.Name)]
public sealed class HeldMemoryTests(NotifierHost host) : IClassFixture<NotifierHost>
{
    [Fact]
    public async Task What_is_sent_behind_a_request_for_a_stream_is_not_answered_and_not_kept()
    {
        using var client = await RawClient.SendAsync(host.Address, "GET /api/rooms/pipelined/events HTTP/1.1\r\nHost: test\r\n\r\n");
        await client.ReadUntilAsync("event: welcome");
        await client.SendAsync("GET /healthz HTTP/1.1\r\nHost: test\r\n\r\nnonsense");
        await host.Http.SayAsync("pipelined", "first");
        await client.ReadUntilAsync("first");

        var garbage = new byte[4_000_000];
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var clients = new List<RawClient>();
        var floods = new List<Task>();
        for (var n = 0; n < 100; n++)
        {
            var flooding = await RawClient.SendAsync(host.Address, "GET /api/rooms/pipelined/events HTTP/1.1\r\nHost: test\r\n\r\n");
            await flooding.ReadUntilAsync("event: welcome");
            floods.Add(flooding.FloodAsync(garbage));
            clients.Add(flooding);
        }

        await host.Http.SayAsync("pipelined", "second");
        foreach (var flooding in clients) await flooding.ReadUntilAsync("second");
        (GC.GetTotalMemory(forceFullCollection: true) - before).ShouldBeLessThan(40_000_000);
        foreach (var flooding in clients) flooding.Reset();
        await Task.WhenAll(floods);
        (await client.ReadUntilAsync("second")).ShouldNotContain("HTTP/1.1 200");
    }

    [Fact]
    public async Task What_a_body_announces_costs_nothing_until_it_comes()
    {
        var clients = new List<RawClient>();
        using var first = await RawClient.SendAsync(host.Address, "GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n");
        await first.ReadUntilAsync("ok");
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var n = 0; n < 200; n++)
        {
            clients.Add(await RawClient.SendAsync(
                host.Address, "POST /api/publish HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 1000000\r\n\r\n"));
        }

        // The server asks for the body once it reads it: so all 200 are being read now.
        foreach (var client in clients) await client.ReadUntilAsync("100 Continue");

        // 200 MB, if what they say were believed.
        (GC.GetTotalMemory(forceFullCollection: true) - before).ShouldBeLessThan(40_000_000);
        foreach (var client in clients) client.Dispose();
    }

    [Fact]
    public async Task Nothing_is_kept_of_callers_who_have_gone()
    {
        await using var limited = NotifierHost.With(("Commands:PermitsPerMinute", "60000"), ("Commands:Burst", "60"));
        var permits = limited.Services.GetRequiredService<CommandPermits>();
        var before = GC.GetTotalMemory(forceFullCollection: true);

        for (var n = 0; n < 50_000; n++) permits.Refuse(Callers.Named($"user-{n}")).ShouldBeNull();

        (GC.GetTotalMemory(forceFullCollection: true) - before).ShouldBeGreaterThan(5_000_000);
        await Until.TrueAsync("the buckets are gone", () => GC.GetTotalMemory(forceFullCollection: true) - before < 5_000_000, seconds: 40);
    }
}
