using Notifier.Api.Access;
using Notifier.Api.Commands;
using Notifier.Api.Streams;
using Notifier.Core.Topics;

namespace Notifier.Api.Admin;

/// <summary>What an operator may do (CONTRACT 5, role <c>admin</c>).</summary>
internal static class AdminRoutes
{
    public static IServiceCollection AddAdmin(this IServiceCollection services)
    {
        services.AddSingleton<LiveStats>();
        services.AddSingleton<AdminFeed>();
        services.AddSingleton<InstanceCalls>();
        services.AddHostedService(provider => provider.GetRequiredService<AdminFeed>());
        services.AddHostedService(provider => provider.GetRequiredService<InstanceCalls>());
        return services;
    }

    public static void MapAdmin(this IEndpointRouteBuilder app)
    {
        var routes = app.MapGroup("").AddEndpointFilter(new ValidationFilter()).RequireAuthorization();
        EndStreams.Map(routes);
        ListConnections.Map(routes);
        routes.MapMethods("/api/admin/events", ReadMethods.All, WatchAsync).WithMetadata(new StreamRoute("admin"));
    }

    private static async Task<IResult> WatchAsync(Caller caller, HttpContext http, StreamOpening opening, AdminFeed feed)
    {
        if (!caller.IsAdmin) return await OpenAsync();
        var watch = feed.Watch();
        try
        {
            return new WatchedStream(await OpenAsync(), watch);
        }
        catch
        {
            watch.Dispose();
            throw;
        }

        Task<IResult> OpenAsync() => opening.OpenAsync(http, caller, [(InstanceTopics.Feed, null)], sendsBareIds: false);
    }

    /// <summary>The feed is told to as long as the stream runs, which it does as the request's result.</summary>
    private sealed class WatchedStream(IResult stream, IDisposable watch) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            using (watch) await stream.ExecuteAsync(httpContext);
        }
    }
}
