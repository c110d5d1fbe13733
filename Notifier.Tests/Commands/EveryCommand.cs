using System.Text.Json;
using Notifier.Tests.Support;

namespace Notifier.Tests.Commands;

/// <summary>Every command that stores an event: its path, its body's members, and the topic whose event it answers with. <c>{n}</c> is a fresh name.</summary>
public sealed class EveryCommand : TheoryData<string, string, string>
{
    public EveryCommand()
    {
        Add("/api/rooms/{n}/messages", "\"text\":\"hi\"", "room:{n}");
        Add("/api/rooms/{n}/events", "\"type\":\"doc:update\",\"data\":1", "room:{n}");
        Add("/api/users/{n}/messages", "\"text\":\"hi\"", "user:{n}");
        Add("/api/users/{n}/notifications", "\"title\":\"hi\"", "user:{n}");
        Add("/api/broadcast", "\"type\":\"type-{n}\",\"data\":1", "all");
        Add("/api/publish", "\"topics\":[\"room:{n}\"],\"type\":\"doc:update\",\"data\":1", "room:{n}");
        Add("/api/tracks/{n}/lessons/abc/complete", "\"userId\":\"{n}\"", "room:class:{n}");
    }

    /// <summary>The same row with a name that no other test uses.</summary>
    internal static (string Name, string Path, string Members, string Topic) Fill(string path, string members, string topic)
    {
        var name = $"n{Guid.NewGuid():N}";
        string Put(string text) => text.Replace("{n}", name, StringComparison.Ordinal);
        return (name, Put(path), Put(members), Put(topic));
    }

    /// <summary>The acknowledgement of one event, which <c>/api/publish</c> gives as the first of its results.</summary>
    internal static async Task<JsonElement> AcknowledgementAsync(HttpResponseMessage answer)
    {
        var body = await answer.JsonAsync();
        return body.TryGetProperty("results", out var results) ? results[0] : body;
    }
}
