using Notifier.Api.Access;
using Notifier.Api.Commands;
using Notifier.Core.Settings;
using Notifier.Core.Topics;

namespace Notifier.Api.Streams;

/// <summary>The stream routes of CONTRACT 3: who may, from where, in which form, and is there room.</summary>
internal static class StreamRoutes
{
    public static IServiceCollection AddStreams(this IServiceCollection services)
    {
        services.AddSingleton<StreamContext>();
        services.AddSingleton<StreamDoor>();
        services.AddSingleton<BusyAnswer>();
        services.AddSingleton<WaitingPolls>();
        services.AddSingleton<OpenStreams>();
        services.AddHostedService(provider => provider.GetRequiredService<OpenStreams>());
        services.AddHostedService<StreamDrain>();
        services.AddHostedService<StreamRevoker>();
        services.AddHostedService<WaveCollection>();
        services.AddSingleton<StreamLedger>();
        services.AddSingleton<StreamOpening>();
        return services;
    }

    public static void MapStreams(this IEndpointRouteBuilder app)
    {
        // Not parameters of the endpoints: to resolve those, a request opens a scope of services, which a stream would hold for as long as it is open.
        var opening = app.ServiceProvider.GetRequiredService<StreamOpening>();
        var options = app.ServiceProvider.GetRequiredService<StreamOptions>();
        var routes = app.MapGroup("").AddEndpointFilter(new ValidationFilter()).RequireAuthorization();
        routes.MapMethods("/api/rooms/{room}/events", ReadMethods.All, (string room, Caller caller, HttpContext http) =>
            opening.OpenAsync(http, caller, [(TopicName.Room(room), null)], sendsBareIds: true)).WithMetadata(new StreamRoute("room"));
        routes.MapMethods("/api/users/{user}/events", ReadMethods.All, (string user, Caller caller, HttpContext http) =>
            opening.OpenAsync(http, caller, [(TopicName.User(caller.Resolve(user)), null), (TopicName.All, null)], sendsBareIds: false)).WithMetadata(new StreamRoute("user"));
        routes.MapMethods("/api/events", ReadMethods.All, (Caller caller, HttpContext http) =>
        {
            var errors = new Dictionary<string, string[]>(StringComparer.Ordinal);
            var topics = StreamQuery.ReadTopics(http.Request.Query["topic"], options.MaxTopics, caller.Resolve, errors);
            return opening.OpenAsync(http, caller, topics, sendsBareIds: false, errors);
        }).WithMetadata(new StreamRoute("topics"));
    }
}
