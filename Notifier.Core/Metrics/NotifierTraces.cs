using System.Diagnostics;
using Notifier.Core.Events;
using Notifier.Core.Topics;

namespace Notifier.Core.Metrics;

/// <summary>
/// Activities of the service: one for each command, and for each event that a command of a recorded trace stored, one on every instance that tells it to its
/// streams. Without a listener none is made.
/// </summary>
public static class NotifierTraces
{
    /// <summary>What the source is called.</summary>
    public const string SourceName = "Notifier";

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>The trace that is being recorded here, as W3C <c>traceparent</c> (https://www.w3.org/TR/trace-context/); null where none is.</summary>
    public static string? Current => Activity.Current is { Recorded: true, IdFormat: ActivityIdFormat.W3C } activity ? activity.Id : null;

    /// <summary>Begins a command's activity, below the caller's where <paramref name="traceParent"/> names it; null where nobody listens.</summary>
    public static Activity? StartCommand(string method, string route, string? traceParent, string? traceState)
    {
        if (!Source.HasListeners()) return null;

        // The framework's own activity of the request is recorded by nobody here: a parent that no trace would show.
        var request = Activity.Current;
        Activity.Current = null;
        _ = ActivityContext.TryParse(traceParent, traceState, isRemote: true, out var parent);
        var activity = Source.StartActivity($"{method} {route}", ActivityKind.Server, parent);
        if (activity is null) Activity.Current = request;
        activity?.SetTag("http.request.method", method);
        activity?.SetTag("http.route", route);
        return activity;
    }

    /// <summary>An event has come to where its streams read it: from stored until now, linked to the command that stored it.</summary>
    public static void Delivered(LoggedEvent logged)
    {
        if (logged.TraceParent is null || !Source.HasListeners() || !ActivityContext.TryParse(logged.TraceParent, null, isRemote: true, out var command)) return;

        using var activity = Source.StartActivity(
            $"deliver {CountedType.NameOf(logged.CountedType)}", ActivityKind.Consumer, command, tags: null, links: [new ActivityLink(command)], startTime: logged.Position.At);
        activity?.SetTag("notifier.event.type", logged.Type);
        activity?.SetTag("notifier.event.id", logged.Position.ToString());
        activity?.SetTag("notifier.topic.kind", logged.Topic.Kind == TopicKind.All ? "all" : logged.Topic.Kind == TopicKind.Room ? "room" : "user");
    }
}
