using System.Reflection;
using Notifier.Api.Streams;

namespace Notifier.Api.Operations;

/// <summary>Whether the process serves, whether it can take traffic, and what it is.</summary>
internal static class Health
{
    private static readonly string Version =
        typeof(Health).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    public static void MapHealth(this IEndpointRouteBuilder app)
    {
        // Load balancers like to ask with HEAD.
        string[] methods = [HttpMethods.Get, HttpMethods.Head];
        app.MapMethods("/healthz", methods, () => TypedResults.Text("ok"));
        app.MapMethods("/readyz", methods, IResult (StreamDoor door) => door.IsDraining
            ? new Problems.Problem(StatusCodes.Status503ServiceUnavailable, "This instance is being shut down.")
            : TypedResults.Text("ready"));
        app.MapMethods("/health", methods, (StreamDoor door, StreamContext context, Uptime uptime) => TypedResults.Json(
            new Answer(door.IsDraining ? "draining" : "ok", "memory", Version, context.Instance, (long)uptime.Elapsed.TotalSeconds, door.Open), NotifierJson.Plain.HealthAnswer));
    }

    internal sealed record Answer(string Status, string Store, string Version, string Instance, long UptimeSeconds, int Connections);
}
