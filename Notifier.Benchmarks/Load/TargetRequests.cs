using System.Globalization;

namespace Notifier.Benchmarks.Load;

/// <summary>The two requests of a server, written out.</summary>
internal sealed record TargetRequests(Func<int, string> Subscribe, Func<int, string, string> Publish)
{
    /// <summary>Of a server that takes an event's data as the body.</summary>
    public static TargetRequests Plain(string subscribe, string publish) => new(
        room => Get($"{subscribe}{room}", ""),
        (room, data) => Post($"{publish}{room}", "", data));

    public static string Get(string path, string headers) => $"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n{headers}\r\n";

    public static string Post(string path, string headers, string body) => string.Create(
        CultureInfo.InvariantCulture,
        $"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n{headers}\r\n{body}");
}
