using System.Globalization;
using System.Text.Json;
using Notifier.Core.Events;
using Notifier.Core.Log.Redis;
using Notifier.Core.Settings;
using Notifier.Core.Topics;
using StackExchange.Redis;

namespace Notifier.Core.Presence;

/// <summary>
/// Presence in Redis: of each room a hash of who holds whom, and a version. One script changes both and rings the room's bell with the change, so that in
/// the ordinary case nothing is read. What dead instances have left is passed over, and taken away by whoever finds it.
/// </summary>
internal sealed class RedisPresence : IPresenceStore
{
    private const string VersionField = "version";

    /// <summary>A room outlives its last change or check by so much.</summary>
    private static readonly TimeSpan Life = TimeSpan.FromDays(1);

    private static readonly TimeSpan CountsAge = TimeSpan.FromMilliseconds(100);

    private readonly RedisEventLog _log;
    private readonly PresenceOptions _options;
    private readonly TimeProvider _time;
    private readonly RedisLease _lease;
    private (long ReadAt, IReadOnlyDictionary<string, int> Counts)? _counts;

    public RedisPresence(RedisEventLog log, PresenceOptions options, TimeProvider time)
    {
        _log = log;
        _options = options;
        _time = time;
        _lease = new(log, time);
    }

    public bool IsShared => true;

    public void Start(Rooms rooms)
    {
        _lease.Start(rooms);
        _log.Connection.OnRestored(() => _ = rooms.CheckAsync());
    }

    public async ValueTask<SharedRoom> ReadAsync(TopicName room, CancellationToken cancellationToken)
    {
        var fields = await _log.Connection.CallAsync(database => database.HashGetAllAsync(_log.Keys.Presence(room)), cancellationToken);
        var version = 0L;
        var held = new List<(string Instance, Holding Holding)>(fields.Length);
        foreach (var field in fields)
        {
            if (field.Name == VersionField) version = (long)field.Value;
            else held.Add(Parse(field));
        }

        // An instance that is new is no dead one: it was there before what it wrote.
        if (held.Exists(h => !_lease.IsLiving(h.Instance) && !_lease.IsOwn(h.Instance))) await _lease.RenewAsync();
        foreach (var (instance, _) in held) _lease.Heard(instance);

        var own = _lease.Name;
        var dead = held.Where(h => h.Instance != own && (_lease.IsOwn(h.Instance) || !_lease.IsLiving(h.Instance))).ToArray();
        if (dead.Length > 0)
        {
            RedisValue[] left = Array.ConvertAll(dead, d => (RedisValue)$"{d.Instance} {d.Holding.User.Id}");
            await _log.Connection.CallAsync(database => database.HashDeleteAsync(_log.Keys.Presence(room), left), cancellationToken);
        }

        return new(version, [.. held.Where(h => h.Instance != own).Except(dead)], [.. held.Where(h => h.Instance == own).Select(h => h.Holding)]);
    }

    public async ValueTask<long> ReadVersionAsync(TopicName room, CancellationToken cancellationToken)
    {
        var key = _log.Keys.Presence(room);
        var version = _log.Connection.CallAsync(database => database.HashGetAsync(key, VersionField), cancellationToken);
        await _log.Connection.CallAsync(database => database.KeyExpireAsync(key, Life), cancellationToken);
        return (long)await version;
    }

    public async ValueTask WriteAsync(TopicName room, IReadOnlyList<HoldingChange> changes, CancellationToken cancellationToken)
    {
        await _lease.HoldAsync();
        var instance = _lease.Name;
        var arguments = new List<RedisValue>
        {
            instance, (long)Life.TotalMilliseconds, _log.Keys.Bell(room),
            "spresence\nevent: presence\ndata: {\"version\":", $",\"instance\":\"{instance}\",\"changes\":{Format(changes)}}}\n\n",
        };
        foreach (var (user, holding) in changes)
        {
            arguments.Add(user);
            arguments.Add(holding is null ? "" : string.Create(CultureInfo.InvariantCulture, $"{holding.Connections} {holding.Since.ToUnixTimeMilliseconds()} {holding.User.Name}"));
        }

        await _log.Connection.RunAsync(RedisScript.Presence, [_log.Keys.Presence(room)], [.. arguments], cancellationToken);
    }

    public async ValueTask WriteCountsAsync(IReadOnlyList<(TopicName Room, int Count)> counts, CancellationToken cancellationToken)
    {
        await _lease.HoldAsync();
        var key = _log.Keys.RoomCounts(_lease.Name);
        HashEntry[] set = [.. counts.Where(c => c.Count > 0).Select(c => new HashEntry(c.Room.Subject, c.Count))];
        RedisValue[] removed = [.. counts.Where(c => c.Count == 0).Select(c => (RedisValue)c.Room.Subject)];
        if (set.Length > 0) await _log.Connection.CallAsync(database => SetAsync(database, key, set), cancellationToken);
        if (removed.Length > 0) await _log.Connection.CallAsync(database => database.HashDeleteAsync(key, removed), cancellationToken);
        await _log.Connection.CallAsync(database => database.KeyExpireAsync(key, Life), cancellationToken);
    }

    public async ValueTask<IReadOnlyDictionary<string, int>> ReadCountsAsync(CancellationToken cancellationToken)
    {
        if (_counts is { } known && _time.GetElapsedTime(known.ReadAt) < CountsAge) return known.Counts;

        var readAt = _time.GetTimestamp();
        await _lease.HoldAsync();
        var merged = new Dictionary<string, int>(StringComparer.Ordinal);
        var all = await Task.WhenAll(_lease.Others.Select(other =>
            _log.Connection.CallAsync(database => database.HashGetAllAsync(_log.Keys.RoomCounts(other)), cancellationToken)));
        foreach (var entry in all.SelectMany(entries => entries))
        {
            var room = (string)entry.Name!;
            merged[room] = Math.Max(merged.GetValueOrDefault(room), (int)entry.Value);
        }

        _counts = (readAt, merged);
        return merged;
    }

    public PresenceBell? Read(EphemeralEvent signal)
    {
        using var data = JsonDocument.Parse(signal.Frame.Envelope);
        var root = data.RootElement;
        var instance = root.GetProperty("instance").GetString()!;
        _lease.Heard(instance);
        return new(root.GetProperty("version").GetInt64(), instance, [.. root.GetProperty("changes").EnumerateArray().Select(Parse)]);
    }

    public bool IsOwn(string instance) => _lease.IsOwn(instance);

    public async ValueTask DisposeAsync()
    {
        await _lease.ReleaseAsync(TimeSpan.FromSeconds(_options.GraceSeconds));
        await _lease.DisposeAsync();
    }

    private static async Task<bool> SetAsync(IDatabase database, RedisKey key, HashEntry[] entries)
    {
        await database.HashSetAsync(key, entries);
        return true;
    }

    private static (string Instance, Holding Holding) Parse(HashEntry field)
    {
        var (name, value) = (((string)field.Name!).Split(' '), ((string)field.Value!).Split(' ', 3));
        return (name[0], new(
            new(name[1], value[2].Length > 0 ? value[2] : null),
            int.Parse(value[0], CultureInfo.InvariantCulture),
            DateTimeOffset.FromUnixTimeMilliseconds(long.Parse(value[1], CultureInfo.InvariantCulture))));
    }

    private static HoldingChange Parse(JsonElement change)
    {
        var id = change.GetProperty("id").GetString()!;
        if (!change.TryGetProperty("connections", out var connections)) return new(id, null);
        var user = new UserRef(id, change.TryGetProperty("name", out var name) ? name.GetString() : null);
        return new(id, new(user, connections.GetInt32(), DateTimeOffset.FromUnixTimeMilliseconds(change.GetProperty("since").GetInt64())));
    }

    private static string Format(IReadOnlyList<HoldingChange> changes)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartArray();
            foreach (var (id, holding) in changes)
            {
                writer.WriteStartObject();
                writer.WriteString("id"u8, id);
                if (holding?.User.Name is not null) writer.WriteString("name"u8, holding.User.Name);
                if (holding is not null) writer.WriteNumber("connections"u8, holding.Connections);
                if (holding is not null) writer.WriteNumber("since"u8, holding.Since.ToUnixTimeMilliseconds());
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        return System.Text.Encoding.UTF8.GetString(buffer.ToArray());
    }
}
