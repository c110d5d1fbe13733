using System.Collections.Concurrent;
using System.Text.Json;
using Notifier.Tests.Support;

namespace Notifier.Tests.Presence;

/// <summary>A page's view of a room: the listing of <c>welcome</c>, and what the presence events make of it. An event that does not fit fails the test.</summary>
internal sealed class RoomWatcher
{
    /// <summary>A stream that nobody refers to is closed by the collector, and its user leaves.</summary>
    private static readonly ConcurrentBag<RoomWatcher> Opened = [];

    private readonly string _topic;
    private readonly SortedSet<string> _users = new(StringComparer.Ordinal);

    private RoomWatcher(string topic, SseStreamReader stream)
    {
        _topic = topic;
        Opened.Add(this);
        Stream = stream;
        var listing = stream.Welcome.Json.GetProperty("presence").GetProperty(topic);
        Count = listing.GetProperty("count").GetInt32();
        if (!listing.TryGetProperty("users", out var users)) return;
        foreach (var user in users.EnumerateArray()) _users.Add(user.GetProperty("id").GetString()!).ShouldBeTrue();
        _users.Count.ShouldBe(Count);
    }

    public SseStreamReader Stream { get; }

    public int Count { get; private set; }

    public int Events { get; private set; }

    public IEnumerable<string> Users => _users;

    /// <summary>Everybody who was told to have joined or left, in order: <c>+ada</c>, <c>-ada</c>.</summary>
    public List<string> Told { get; } = [];

    public static async Task<RoomWatcher> OpenAsync(NotifierHost host, string room, string user, string query = "")
    {
        var stream = await host.OpenAsync($"/api/rooms/{room}/events?as={user}{query}");
        return new($"room:{room}", stream);
    }

    public static async Task<RoomWatcher> OpenAsync(Uri address, string room, string user, string query = "") =>
        new($"room:{room}", await SseStreamReader.OpenAsync(new() { BaseAddress = address }, $"/api/rooms/{room}/events?as={user}{query}"));

    /// <summary>Applies one more presence event.</summary>
    public async Task<JsonElement> NextAsync()
    {
        while (true)
        {
            var block = await Stream.ReadAsync();
            if (block.Event != "presence") continue;
            block.Id.ShouldBeNull();
            Apply(block.Json);
            return block.Json;
        }
    }

    /// <summary>Applies events until the room is as it should be.</summary>
    public async Task UntilAsync(params string[] users)
    {
        while (!_users.SetEquals(users)) await NextAsync();
        Count.ShouldBe(users.Length);
    }

    public async Task UntilCountAsync(int count)
    {
        while (Count != count) await NextAsync();
    }

    private void Apply(JsonElement data)
    {
        Events++;
        data.GetProperty("topic").GetString().ShouldBe(_topic);
        Count = data.GetProperty("count").GetInt32();
        if (!data.TryGetProperty("joined", out var joined)) return;
        foreach (var id in joined.EnumerateArray().Select(user => user.GetProperty("id").GetString()!))
        {
            _users.Add(id).ShouldBeTrue($"{id} was there already");
            Told.Add("+" + id);
        }

        foreach (var id in data.GetProperty("left").EnumerateArray().Select(user => user.GetProperty("id").GetString()!))
        {
            _users.Remove(id).ShouldBeTrue($"{id} was not there");
            Told.Add("-" + id);
        }

        _users.Count.ShouldBe(Count);
    }
}
