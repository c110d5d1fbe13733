using System.Net;
using System.Text.Json;

namespace Notifier.Tests.Support;

/// <summary>What topics hold, through the poll form of a stream.</summary>
internal static class StoredEvents
{
    /// <summary>The retained events of a topic, oldest first. In Development <paramref name="user"/> is who asks.</summary>
    public static async Task<List<JsonElement>> StoredAsync(this HttpClient client, string topic, string? user = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, $"/api/events?topic={topic}&since=all&as={user}");
        request.Headers.Accept.ParseAdd("application/json");
        using var answer = await client.SendAsync(request);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
        return [.. (await answer.JsonAsync()).GetProperty("events").EnumerateArray()];
    }
}
