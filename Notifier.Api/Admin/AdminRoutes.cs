using Notifier.Api.Commands;

namespace Notifier.Api.Admin;

/// <summary>What an operator may do (CONTRACT 5, role <c>admin</c>).</summary>
internal static class AdminRoutes
{
    public static void MapAdmin(this IEndpointRouteBuilder app)
    {
        var routes = app.MapGroup("").AddEndpointFilter<ValidationFilter>().RequireAuthorization();
        EndStreams.Map(routes);
    }
}
