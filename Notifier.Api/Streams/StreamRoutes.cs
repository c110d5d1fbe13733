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
        services.AddSingleton<OpenStreams>();
        services.AddHostedService(provider => provider.GetRequiredService<OpenStreams>());
        services.AddHostedService<StreamDrain>();
        services.AddHostedService<StreamRevoker>();
        services.AddSingleton<StreamOpening>();
        return services;
    }

    public static void MapStreams(this IEndpointRouteBuilder app)
    {
        string[] methods = [HttpMethods.Get, HttpMethods.Head];
        var routes = app.MapGroup("").AddEndpointFilter<ValidationFilter>().RequireAuthorization().WithMetadata(new StreamRoute());
        routes.MapMethods("/api/rooms/{room}/events", methods, (string room, Caller caller, HttpContext http, StreamOpening opening) =>
            opening.OpenAsync(http, caller, [(TopicName.Room(room), null)], sendsBareIds: true));
        routes.MapMethods("/api/users/{user}/events", methods, (string user, Caller caller, HttpContext http, StreamOpening opening) =>
            opening.OpenAsync(http, caller, [(TopicName.User(caller.Resolve(user)), null), (TopicName.All, null)], sendsBareIds: false));
        routes.MapMethods("/api/events", methods, (Caller caller, HttpContext http, StreamOpening opening, StreamOptions options) =>
        {
            var errors = new Dictionary<string, string[]>(StringComparer.Ordinal);
            var topics = StreamQuery.ReadTopics(http.Request.Query["topic"], options.MaxTopics, caller.Resolve, errors);
            return opening.OpenAsync(http, caller, topics, sendsBareIds: false, errors);
        });
    }
}
