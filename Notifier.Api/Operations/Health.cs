using System.Reflection;
using Notifier.Api.Problems;
using Notifier.Api.Streams;
using Notifier.Core.Log;

namespace Notifier.Api.Operations;

/// <summary>Whether the process serves, whether it can take traffic, and what it is.</summary>
internal static class Health
{
    private static readonly string Version =
        typeof(Health).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    public static void MapHealth(this IEndpointRouteBuilder app)
    {
        app.MapMethods("/healthz", ReadMethods.All, () => TypedResults.Text("ok"));
        app.MapMethods("/readyz", ReadMethods.All, IResult (StreamDoor door, IEventLog log) => door.IsDraining
            ? new Problem(StatusCodes.Status503ServiceUnavailable, "This instance is being shut down.")
            : !log.IsReady ? new Problem(StatusCodes.Status503ServiceUnavailable, "The store cannot be reached, or events do not come back from it.")
            : TypedResults.Text("ready"));
        app.MapMethods("/health", ReadMethods.All, (StreamDoor door, IEventLog log, StreamContext context, Uptime uptime) => TypedResults.Json(
            new Answer(door.IsDraining ? "draining" : log.IsReady ? "ok" : "store-away", log.Store, Version, context.Instance, (long)uptime.Elapsed.TotalSeconds, door.Open), NotifierJson.Plain.HealthAnswer));
    }

    internal sealed record Answer(string Status, string Store, string Version, string Instance, long Uptime, int Connections);
}
