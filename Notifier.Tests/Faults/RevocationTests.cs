using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Notifier.Tests.Support;

namespace Notifier.Tests.Faults;

/// <summary>DESIGN's *Revocation* across instances: it reaches every one of them, also one that hears no bell at that moment.</summary>
public sealed class RevocationTests(FaultRig rig) : IClassFixture<FaultRig>
{
    [SkippableFact]
    public async Task A_revocation_ends_the_users_streams_on_every_instance_and_every_instance_refuses_the_user()
    {
        await rig.NeedAsync();
        var (user, room) = (Fresh.User(), Fresh.Room());
        var streams = await OpenOnAllAsync(user, room);

        await EndAsync(user, "?forSeconds=60");

        foreach (var stream in streams) await ShouldEndAsRevokedAsync(stream);
        for (var i = 0; i < rig.Fleet.Count; i++)
        {
            using var client = rig.Fleet.NewClient(i);
            using var refused = await client.GetAsync($"/api/rooms/{room}/events?as={user}");
            refused.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
            using var head = await client.SendAsync(new HttpRequestMessage(HttpMethod.Head, $"/api/rooms/{room}/events?as={user}"));
            head.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        }
    }

    [SkippableFact]
    public async Task A_revocation_ends_the_polls_that_wait_on_any_instance()
    {
        await rig.NeedAsync();
        var (user, room) = (Fresh.User(), Fresh.Room());
        var polls = Enumerable.Range(0, rig.Fleet.Count).Select(i => PollAsync(i, user, room)).ToArray();

        await EndAsync(user, "?forSeconds=60");

        foreach (var answer in await Task.WhenAll(polls).WaitAsync(TimeSpan.FromSeconds(10)))
        {
            using (answer) await answer.ShouldBeProblemAsync(HttpStatusCode.Forbidden);
        }
    }

    [SkippableFact]
    public async Task A_revocation_that_no_bell_told_is_read_when_the_connection_is_back()
    {
        await rig.NeedAsync();
        var (user, room) = (Fresh.User(), Fresh.Room());
        var streams = await OpenOnAllAsync(user, room);
        rig.Proxy.Silence((link, isAnswer) => isAnswer && link.IsForChannels);

        await EndAsync(user, "");
        rig.Proxy.CutAll();
        rig.Proxy.Heal();

        foreach (var stream in streams) await ShouldEndAsRevokedAsync(stream);
    }

    private static async Task ShouldEndAsRevokedAsync(SseStreamReader stream)
    {
        (await stream.ReadToEndAsync().WaitAsync(TimeSpan.FromMinutes(1)))[^1].Data.ShouldBe("""{"reason":"revoked"}""");
        await stream.DisposeAsync();
    }

    private async Task<SseStreamReader[]> OpenOnAllAsync(string user, string room) => await Task.WhenAll(
        Enumerable.Range(0, rig.Fleet.Count).Select(i => SseStreamReader.OpenAsync(rig.Fleet.NewClient(i), $"/api/rooms/{room}/events?as={user}")));

    private async Task<HttpResponseMessage> PollAsync(int instance, string user, string room)
    {
        using var client = rig.Fleet.NewClient(instance);
        var request = new HttpRequestMessage(HttpMethod.Get, $"/api/rooms/{room}/events?wait=30&as={user}");
        request.Headers.Accept.ParseAdd("application/json");
        return await client.SendAsync(request);
    }

    private async Task EndAsync(string user, string query)
    {
        using var client = rig.Fleet.NewClient(0);
        using var issued = await client.PostAsJsonAsync("/api/dev/tokens", new { sub = "root", roles = new[] { "admin" } });
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", (await issued.JsonAsync()).GetProperty("token").GetString());
        using var answer = await client.DeleteAsync($"/api/admin/users/{user}/connections{query}");
        answer.StatusCode.ShouldBe(HttpStatusCode.NoContent);
    }
}
