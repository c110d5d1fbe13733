using Notifier.Api.Commands;

namespace Notifier.Api.Queries;

/// <summary>The queries of CONTRACT 5.</summary>
internal static class QueryRoutes
{
    public static void MapQueries(this IEndpointRouteBuilder app)
    {
        var routes = app.MapGroup("").AddEndpointFilter(new ValidationFilter()).RequireAuthorization();

        // The cache that counts is ours: one between would not know what drops an answer, nor who may see it.
        routes.AddEndpointFilter((context, next) =>
        {
            context.HttpContext.Response.Headers.CacheControl = "no-store";
            return next(context);
        });
        RoomHistory.Map(routes);
        TrackProgress.Map(routes);
        ReadNotifications.Map(routes);
        ListRooms.Map(routes);
        ReadRoomPresence.Map(routes);
    }
}
