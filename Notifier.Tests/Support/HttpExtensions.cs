using System.Net;
using System.Text;
using System.Text.Json;

namespace Notifier.Tests.Support;

/// <summary>Requests and answers as tests write them.</summary>
internal static class HttpExtensions
{
    /// <summary>Posts JSON text as it stands. What it says, and what is issued for it, is looked for in the lines of the whole run.</summary>
    public static async Task<HttpResponseMessage> PostTextAsync(this HttpClient client, string path, string json, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(json, Encoding.UTF8, "application/json") };
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        RunRecord.OfThisRun.KeepTexts(json);
        var answer = await client.SendAsync(request);
        if (answer.StatusCode == HttpStatusCode.Created && (path.StartsWith("/api/tickets", StringComparison.Ordinal) || path.StartsWith("/api/dev/tokens", StringComparison.Ordinal)))
        {
            RunRecord.OfThisRun.KeepIssued(await answer.JsonAsync());
        }

        return answer;
    }

    /// <summary>Says something in a room, and returns the event's id.</summary>
    public static async Task<string> SayAsync(this HttpClient client, string room, string text)
    {
        using var answer = await client.PostTextAsync($"/api/rooms/{room}/messages", JsonSerializer.Serialize(new { text }));
        answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
        return (await answer.JsonAsync()).GetProperty("id").GetString()!;
    }

    /// <summary>Says something in a room, again while it is too much for the rate.</summary>
    public static async Task Retry429Async(this HttpClient client, string room, string text)
    {
        HttpResponseMessage answer;
        while ((answer = await client.PostTextAsync($"/api/rooms/{room}/messages", JsonSerializer.Serialize(new { text }))).StatusCode == HttpStatusCode.TooManyRequests) answer.Dispose();
        answer.StatusCode.ShouldBe(HttpStatusCode.Created);
        answer.Dispose();
    }

    public static async Task<JsonElement> JsonAsync(this HttpResponseMessage response) =>
        JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync()).RootElement;

    /// <summary>Checks that an answer is a problem as CONTRACT says one is, and returns it.</summary>
    public static async Task<JsonElement> ShouldBeProblemAsync(this HttpResponseMessage response, HttpStatusCode status)
    {
        var text = await response.Content.ReadAsStringAsync();
        response.StatusCode.ShouldBe(status, text);
        response.Content.Headers.ContentType?.MediaType.ShouldBe("application/problem+json");
        var problem = JsonDocument.Parse(text).RootElement;
        problem.GetProperty("status").GetInt32().ShouldBe((int)status);
        problem.GetProperty("type").GetString().ShouldNotBeNullOrEmpty();
        problem.GetProperty("title").GetString().ShouldNotBeNullOrEmpty();
        problem.GetProperty("detail").GetString().ShouldNotBeNullOrEmpty();
        problem.GetProperty("traceId").GetString().ShouldNotBeNullOrEmpty();
        return problem;
    }

    /// <summary>Checks that an answer is a 400 that names <paramref name="field"/>.</summary>
    public static async Task ShouldBeInvalidAsync(this HttpResponseMessage response, string field)
    {
        var problem = await response.ShouldBeProblemAsync(HttpStatusCode.BadRequest);
        problem.GetProperty("errors").GetProperty(field)[0].GetString().ShouldNotBeNullOrEmpty();
    }
}
