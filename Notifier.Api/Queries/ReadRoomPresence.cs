using System.Text.Json.Serialization;
using Notifier.Api.Access;
using Notifier.Api.Commands;
using Notifier.Api.Problems;
using Notifier.Api.Queries.Caching;
using Notifier.Core.Presence;
using Notifier.Core.Topics;

namespace Notifier.Api.Queries;

/// <summary>Who is in a room, on all instances, a page at a time in the order of their ids.</summary>
internal static class ReadRoomPresence
{
    private const int MaxLimit = 1000;

    public static void Map(IEndpointRouteBuilder routes) => routes.MapMethods("/api/rooms/{room}/presence", ReadMethods.All, ReadAsync).CacheOfRoom(AnswerKind.Presence, "after", "limit");

    private static async Task<IResult> ReadAsync(string room, Caller caller, Rooms rooms, HttpContext http, CancellationToken cancellationToken)
    {
        var errors = new Dictionary<string, string[]>(StringComparer.Ordinal);
        var limit = http.Request.Query.ReadNumber("limit", 1, MaxLimit, errors) ?? MaxLimit;
        var after = http.Request.Query["after"].ToString();
        if (after.Length > 0 && !EntityName.IsValid(after)) errors["after"] = [EntityName.Rule];
        if (errors.Count > 0) return Problem.Invalid(errors);

        var topic = TopicName.Room(room);
        if (!caller.MaySubscribeTo(topic)) return Problem.Forbidden($"You may not read {topic}.");

        var members = await rooms.ReadAsync(topic, cancellationToken);
        var page = members.Where(member => string.CompareOrdinal(member.User.Id, after) > 0).Take(limit + 1).ToList();
        var hasMore = page.Count > limit;
        if (hasMore) page.RemoveAt(limit);
        var users = page.Select(member => new Member(member.User.Id, member.User.Name, member.Connections, Acknowledgement.Format(member.Since)));
        return TypedResults.Json(new Answer(room, members.Count, [.. users], hasMore ? page[^1].User.Id : null), NotifierJson.Plain.ReadRoomPresenceAnswer);
    }

    /// <param name="Room">The room.</param>
    /// <param name="Count">Members in all.</param>
    /// <param name="Users">Those of this page.</param>
    /// <param name="After">What to ask for as <c>after=</c> to see the next page; null on the last.</param>
    internal sealed record Answer(
        string Room, int Count, IReadOnlyList<Member> Users, [property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? After);

    internal sealed record Member(string Id, string? Name, int Connections, string Since);
}
