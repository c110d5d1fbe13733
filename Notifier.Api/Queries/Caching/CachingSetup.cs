using Notifier.Api.Access;
using Notifier.Core.Topics;

namespace Notifier.Api.Queries.Caching;

/// <summary>The cache of answers (docs/adr/0019).</summary>
internal static class CachingSetup
{
    private const long MaxBytes = 64 << 20;
    private const long MaxAnswerBytes = 1 << 20;

    public static IServiceCollection AddAnswerCache(this IServiceCollection services)
    {
        services.AddSingleton<AnswerVersions>();
        services.AddSingleton<AnswerLife>();
        return services.AddOutputCache(options =>
        {
            // Names are written in one case alone: `General` is another room than `general`.
            options.UseCaseSensitivePaths = true;
            options.SizeLimit = MaxBytes;
            options.MaximumBodySize = MaxAnswerBytes;
        });
    }

    /// <summary>Caches what the route shows of its room, for whoever may subscribe to it.</summary>
    public static void CacheOfRoom(this IEndpointConventionBuilder endpoint, AnswerKind kind, params string[] queryKeys) =>
        endpoint.Cache(queryKeys, (http, caller) => ForTopic(kind, caller, RoomOf(http, "room", "")));

    /// <summary>Caches what the route shows of its track, for whoever may subscribe to the class.</summary>
    public static void CacheOfTrack(this IEndpointConventionBuilder endpoint) =>
        endpoint.Cache([], (http, caller) => ForTopic(AnswerKind.Events, caller, RoomOf(http, "trackId", "class:")));

    /// <summary>Caches what the route shows of its user's topic, for the user and for admins.</summary>
    public static void CacheOfUser(this IEndpointConventionBuilder endpoint, params string[] queryKeys) =>
        endpoint.Cache(queryKeys, (http, caller) =>
            http.GetRouteValue("user") is string user && EntityName.IsValid(user) ? ForTopic(AnswerKind.Events, caller, TopicName.User(caller.Resolve(user))) : null);

    /// <summary>Caches what the route shows of all rooms, for callers who may see the same ones.</summary>
    public static void CacheOfRooms(this IEndpointConventionBuilder endpoint) =>
        endpoint.Cache([], (_, caller) => new(AnswerKind.Rooms, null, caller.VisibleRooms));

    private static AnswerScope? ForTopic(AnswerKind kind, Caller caller, TopicName? topic) =>
        topic is not null && caller.MaySubscribeTo(topic) ? new(kind, topic) : null;

    private static TopicName? RoomOf(HttpContext http, string parameter, string prefix) =>
        http.GetRouteValue(parameter) is string name && (prefix.Length == 0 ? TopicName.IsRoom(name) : EntityName.IsValid(name)) ? TopicName.Room(prefix + name) : null;

    private static void Cache(this IEndpointConventionBuilder endpoint, string[] queryKeys, Func<HttpContext, Caller, AnswerScope?> scope) =>
        endpoint.CacheOutput(new CachedAnswer(queryKeys, scope));
}
