using Notifier.Api.Commands;

namespace Notifier.Api.Queries;

/// <summary>The queries of CONTRACT 5.</summary>
internal static class QueryRoutes
{
    public static void MapQueries(this IEndpointRouteBuilder app)
    {
        var routes = app.MapGroup("").AddEndpointFilter(new ValidationFilter()).RequireAuthorization();
        RoomHistory.Map(routes);
        TrackProgress.Map(routes);
    }

    /// <summary>A route for GET, and for HEAD, which asks the same without the body.</summary>
    public static void MapQuery(this IEndpointRouteBuilder routes, string pattern, Delegate handler) =>
        routes.MapMethods(pattern, [HttpMethods.Get, HttpMethods.Head], handler);
}
