using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using Notifier.Tests.Faults;
using Notifier.Tests.Support;

namespace Notifier.Tests.Hostile;

/// <summary>More connections than the process may have descriptors for.</summary>
public sealed class DescriptorTests
{
    [SkippableFact]
    public async Task A_service_that_has_no_descriptor_left_serves_whom_it_has_and_takes_others_when_some_are_free()
    {
        var prlimit = Tool.Required("prlimit", "util-linux");
        using var service = NotifierProcess.Start("Development");
        var address = await service.ListeningAsync();
        using var http = new HttpClient { BaseAddress = address };
        using var first = await http.PostAsJsonAsync("/api/rooms/general/messages", new { text = "before" });
        first.StatusCode.ShouldBe(HttpStatusCode.Created);
        await service.LimitDescriptorsAsync(prlimit, service.Holds.Descriptors + 20);

        var crowd = new List<Socket>();
        for (var i = 0; i < 60; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(IPAddress.Loopback, address.Port);
            crowd.Add(socket);
        }

        await Until.TrueAsync("it says so", () => service.Output.Contains("No connection can be accepted", StringComparison.Ordinal));
        using var during = await http.PostAsJsonAsync("/api/rooms/general/messages", new { text = "on the connection that it has" });
        during.StatusCode.ShouldBe(HttpStatusCode.Created);
        foreach (var socket in crowd) socket.Dispose();

        using var other = new HttpClient { BaseAddress = address };
        using var after = await other.PostAsJsonAsync("/api/rooms/general/messages", new { text = "after" });
        after.StatusCode.ShouldBe(HttpStatusCode.Created);
    }
}
