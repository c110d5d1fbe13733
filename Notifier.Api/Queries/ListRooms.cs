using Notifier.Api.Access;
using Notifier.Api.Queries.Caching;
using Notifier.Core.Presence;
using Notifier.Core.Topics;

namespace Notifier.Api.Queries;

/// <summary>The rooms that have members now, as far as the caller may subscribe to them.</summary>
internal static class ListRooms
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapMethods("/api/rooms", ReadMethods.All, ReadAsync).CacheOfRooms();

    private static async Task<IResult> ReadAsync(Caller caller, Rooms rooms, CancellationToken cancellationToken)
    {
        var counts = await rooms.ReadCountsAsync(cancellationToken);
        var visible = counts.Where(room => room.Value > 0 && caller.MaySubscribeTo(TopicName.Room(room.Key)))
            .OrderBy(room => room.Key, StringComparer.Ordinal).Select(room => new LiveRoom(room.Key, room.Value));
        return TypedResults.Json(new Answer([.. visible]), NotifierJson.Plain.ListRoomsAnswer);
    }

    internal sealed record Answer(IReadOnlyList<LiveRoom> Rooms);

    internal sealed record LiveRoom(string Room, int Count);
}
