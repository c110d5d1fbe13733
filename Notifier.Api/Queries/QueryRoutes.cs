using Notifier.Api.Commands;

namespace Notifier.Api.Queries;

/// <summary>The queries of CONTRACT 5.</summary>
internal static class QueryRoutes
{
    public static void MapQueries(this IEndpointRouteBuilder app)
    {
        var routes = app.MapGroup("").AddEndpointFilter<ValidationFilter>().RequireAuthorization();
        RoomHistory.Map(routes);
        TrackProgress.Map(routes);
    }
}
