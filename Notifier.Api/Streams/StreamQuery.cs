using System.Collections.Frozen;
using System.Globalization;
using Microsoft.Extensions.Primitives;
using Notifier.Api.Queries;
using Notifier.Api.Settings;
using Notifier.Core.Events;
using Notifier.Core.Log;
using Notifier.Core.Topics;

namespace Notifier.Api.Streams;

/// <summary>What a stream route was asked for (CONTRACT 3), read and checked.</summary>
internal sealed class StreamQuery
{
    private const int MaxLast = 1000;
    private const int MaxWaitSeconds = 30;

    private static readonly string[] LastIdNames = ["lastEventId", "last_event_id", "Last-Event-ID"];

    private StreamQuery((TopicName Topic, StartPoint Start)[] topics)
    {
        Topics = topics;
        TopicNames = Array.ConvertAll(topics, static t => t.Topic);
    }

    /// <summary>What it carries, and where each starts.</summary>
    public IReadOnlyList<(TopicName Topic, StartPoint Start)> Topics { get; }

    /// <summary>What it carries.</summary>
    public IReadOnlyList<TopicName> TopicNames { get; }

    /// <summary>The client came with a last id.</summary>
    public bool HasLastId { get; private init; }

    /// <summary>The types that are sent; null: all.</summary>
    public FrozenSet<string>? Types { get; private init; }

    /// <summary>The stream's user is in its rooms; false: it listens unseen.</summary>
    public bool Joins { get; private init; }

    /// <summary>Heartbeats are <c>ping</c> events.</summary>
    public bool PingsByEvent { get; private init; }

    /// <summary>How long the poll form waits for something to answer with.</summary>
    public TimeSpan Wait { get; private init; }

    /// <summary>Reads a query; what is wrong with it goes to <paramref name="errors"/>, and the result is null then.</summary>
    /// <param name="request">The request.</param>
    /// <param name="topics">What the route carries, with the position that the route itself gives, if it does.</param>
    /// <param name="takesBareIds">The stream carries one topic and sends its bare ids.</param>
    /// <param name="now">The moment that durations count back from.</param>
    /// <param name="errors">Field -> what is wrong with it.</param>
    public static StreamQuery? Read(
        HttpRequest request, IReadOnlyList<(TopicName Topic, LogPosition? After)> topics, bool takesBareIds, DateTimeOffset now, Dictionary<string, string[]> errors)
    {
        var query = request.Query;
        var types = query.ReadTypes(errors);
        var since = ReadSince(query["since"], now, errors);
        var last = query.ReadNumber("last", 1, MaxLast, errors);
        var wait = query.ReadNumber("wait", 0, MaxWaitSeconds, errors);
        var heartbeat = query["heartbeat"].ToString();
        if (heartbeat is not ("" or "event" or "comment")) errors["heartbeat"] = ["takes event, or comment"];
        if (query["presence"].ToString() is not ("" or "true" or "false")) errors["presence"] = ["takes true or false"];

        var start = new StartPoint { Since = since, Last = last, Counts = types is null ? null : logged => types.Contains(logged.Type) };
        var lastId = ReadLastId(request);
        LogPosition bare = default;
        Cursor? cursor = null;
        if (lastId.Length > 0 && !(takesBareIds && LogPosition.TryParse(lastId, out bare)) && !Cursor.TryParse(lastId, out cursor))
        {
            errors["lastEventId"] =
            [
                takesBareIds ? "takes an id that a stream sent: a bare one like 1795164167186-0, or a position"
                    : "takes a position that this kind of stream sent; a bare id stands for one topic alone",
            ];
        }

        if (errors.Count > 0) return null;
        var starts = topics.Select(t => (t.Topic, lastId.Length == 0
            ? t.After is null ? start : new StartPoint { After = t.After }
            : cursor is null ? new StartPoint { After = bare }
            : cursor.TryGetPosition(t.Topic, out var position) ? new StartPoint { After = position }
            : StartPoint.Now));
        return new([.. starts])
        {
            HasLastId = lastId.Length > 0,
            Types = types,
            Joins = query["presence"] != "false",
            PingsByEvent = heartbeat == "event",
            Wait = TimeSpan.FromSeconds(wait ?? 0),
        };
    }

    /// <summary>The topics of <c>/api/events</c>: <c>topic=room:a</c>, <c>topic=room:a@{id}</c>.</summary>
    public static List<(TopicName Topic, LogPosition? After)> ReadTopics(
        StringValues values, int maxTopics, Func<string, string> resolveUser, Dictionary<string, string[]> errors)
    {
        var topics = new List<(TopicName Topic, LogPosition? After)>();
        if (values.Count == 0) errors["topic"] = ["is required: topic=room:{room}, topic=user:{user} or topic=all, once for each"];
        if (values.Count > maxTopics) errors["topic"] = [string.Create(CultureInfo.InvariantCulture, $"takes at most {maxTopics} topics on one stream; open another for the rest")];
        foreach (var value in errors.Count == 0 ? values : default)
        {
            LogPosition? after = null;
            var (name, at) = value?.IndexOf('@', StringComparison.Ordinal) is >= 0 and var i ? (value[..i], value[(i + 1)..]) : (value, null);
            if (at is not null)
            {
                if (LogPosition.TryParse(at, out var position)) after = position;
                else errors["topic"] = ["takes an event's id after the @, like room:a@1795164167186-0"];
            }

            if (!TopicName.TryParse(name, out var topic))
            {
                errors["topic"] = [$"takes room:{{room}}, user:{{user}} or all, where a name {EntityName.Rule}"];
                continue;
            }

            if (topic.Kind == TopicKind.User) topic = TopicName.User(resolveUser(topic.Subject));
            var known = topics.FindIndex(t => t.Topic.Equals(topic));
            if (known < 0) topics.Add((topic, after));
            else if (topics[known].After != after) errors["topic"] = ["names a topic twice with different positions"];
        }

        return topics;
    }

    // The header is what a reconnecting client updates by itself, so it wins over the query of the URL that it reopens.
    private static string ReadLastId(HttpRequest request)
    {
        var header = request.Headers["Last-Event-ID"].ToString();
        if (header.Length > 0) return header;
        return LastIdNames.Select(name => request.Query[name].ToString()).FirstOrDefault(value => value.Length > 0, "");
    }

    private static DateTimeOffset? ReadSince(StringValues values, DateTimeOffset now, Dictionary<string, string[]> errors)
    {
        var since = values.ToString();
        if (since.Length == 0) return null;
        if (since == "all") return DateTimeOffset.MinValue;
        if (Duration.TryParse(since, out var duration)) return duration < now - DateTimeOffset.MinValue ? now - duration : DateTimeOffset.MinValue;

        // An offset's plus sign arrives as a blank where the client did not encode it.
        if (since.Length >= 10 && since[4..5] == "-" && DateTimeOffset.TryParse(
            since.Contains('T', StringComparison.Ordinal) ? since.Replace(' ', '+') : since, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)) return time;
        errors["since"] = ["takes a duration like 90s, 10m, 2h or 1d, an ISO time like 2026-11-20T08:42:47Z, or all"];
        return null;
    }
}
