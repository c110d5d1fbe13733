using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using Notifier.Api.Operations;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Extensions.Logging;

namespace Notifier.Tests.Operations;

/// <summary>That a line which no event was made for is the one that Serilog would have written.</summary>
public sealed partial class LineLogsTests
{
    public static TheoryData<string> Lines =>
    [
        "command", "no user", "two scopes", "no scope", "a scope that is text", "a scope of the same name", "no event id", "an event id without name", "number", "not a number", "date", "taken apart",
        "as text", "a name twice", "a format", "a missing value", "no value", "text alone", "quotes", "warning", "exception", "activity", "debug", "no template", "null",
    ];

    [Theory]
    [MemberData(nameof(Lines))]
    public void A_line_is_what_Serilogs_own_provider_writes(string line)
    {
        var serilogs = Write(line, isOurs: false).Text;

        serilogs.ShouldNotBeEmpty();
        Write(line, isOurs: true).Text.ShouldBe(serilogs);
    }

    [Theory]
    [InlineData("command", 0)]
    [InlineData("no user", 0)]
    [InlineData("two scopes", 1)]
    [InlineData("exception", 1)]
    public void No_event_is_made_for_the_line_of_a_command(string line, int events) => Write(line, isOurs: true).Events.ShouldBe(events);

    [Fact]
    public void The_line_of_a_command_costs_next_to_no_memory()
    {
        KeyValuePair<string, object?>[] values =
        [
            new("Method", "POST"), new("Route", "/api/rooms/{room}/messages"), new("Status", 201), new("ElapsedMs", 0.42), new("EventType", "message"), new("UserId", "ada"),
            new("RequestId", "0HNQ8040L4J6R:00000001"),
            new("{OriginalFormat}", "{Method} {Route} answered {Status} in {ElapsedMs} ms: event {EventType}, user {UserId}, request {RequestId}."),
        ];
        var scopes = new LoggerExternalScopeProvider();
        using var connection = scopes.Push(new[] { new KeyValuePair<string, object?>("ConnectionId", "0HNQ8040L4J6R") });
        var line = new PlainLine();
        line.TryMake(default, new(762352162, "LogAnswered"), "Source", values, scopes).ShouldBeTrue();

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var n = 0; n < 100; n++) line.TryMake(default, new(762352162, "LogAnswered"), "Source", values, scopes);

        // The event's id, as an object.
        ((GC.GetAllocatedBytesForCurrentThread() - before) / 100).ShouldBeLessThan(50);
    }

    private static (string Text, int Events) Write(string line, bool isOurs)
    {
        var console = new Console();
        using var lines = new WaitingText(new LoggerConfiguration().WriteTo.Sink(console).CreateLogger(), TimeProvider.System);
        using (var log = new UnhurriedLog(lines, TimeProvider.System))
        {
            var events = new Events();
            var serilog = new SerilogLoggerProvider(new LoggerConfiguration().MinimumLevel.Verbose().Enrich.FromLogContext().WriteTo.Sink(events).WriteTo.Sink(log).CreateLogger());
            using ILoggerProvider provider = isOurs ? new LineLogs(serilog, log, lines, TimeProvider.System) : serilog;
            using var factory = LoggerFactory.Create(builder => builder.SetMinimumLevel(LogLevel.Trace).AddProvider(provider));
            Log(line, factory.CreateLogger("Some.Source"));
            log.Dispose();
            return (Timestamp().Replace(console.Text.ToString(), ""), events.Count);
        }
    }

    private static void Log(string line, Microsoft.Extensions.Logging.ILogger logger)
    {
        using var connection = line == "no scope" ? null
            : line == "a scope that is text" ? logger.BeginScope("text")
            : logger.BeginScope(new[] { new KeyValuePair<string, object?>(line == "a scope of the same name" ? "Method" : "ConnectionId", "0HNQ8040L4J6R") });
        using var second = line == "two scopes" ? logger.BeginScope(new[] { new KeyValuePair<string, object?>("Second", 2) }) : null;
        using var activity = line == "activity" ? new Activity("activity").SetIdFormat(ActivityIdFormat.W3C).Start() : null;
#pragma warning disable CA1848, CA1873, CA2017, CA2253, CA2254, CA1727 // How others may log.
        switch (line)
        {
            case "no user": LogAnswered(logger, "POST", "/api/rooms/{room}/events", 400, 17, null, null, "0HNQ8040L4J6R:00000001"); break;
            case "no event id": logger.LogInformation("{Value} and {Other}", "text", 1); break;
            case "an event id without name": logger.LogInformation(new EventId(7), "{Value}", "text"); break;
            case "number": logger.LogInformation("{Int} {Long} {Double} {Bool} {Null}", -1, long.MaxValue, 0.1, true, null); break;
            case "not a number": logger.LogInformation("{Value}", double.NaN); break;
            case "date": logger.LogInformation("{Value}", new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero)); break;
            case "taken apart": logger.LogInformation("{@Value}", new { A = 1 }); break;
            case "as text": logger.LogInformation("{$Value}", 1); break;
            case "a name twice": logger.LogInformation("{Value} {Value}", 1, 2); break;
            case "a format": logger.LogInformation("{Value:000}", 1); break;
            case "a missing value": logger.Log(LogLevel.Information, default, new[] { new KeyValuePair<string, object?>("{OriginalFormat}", "{Missing}") }, null, (_, _) => ""); break;
            case "no value": logger.LogInformation("no value"); break;
            case "text alone": logger.Log(LogLevel.Information, default, "text", null, (text, _) => text); break;
            case "quotes": logger.LogInformation("a \"{Value}\"", "a \"b\"\n\\ é 😀"); break;
            case "warning": logger.LogWarning("{Value}", "text"); break;
            case "debug": logger.LogDebug("{Value}", "text"); break;
            case "exception": logger.LogInformation(new InvalidOperationException("cause"), "{Value}", "text"); break;
            case "no template": logger.Log(LogLevel.Information, default, new[] { new KeyValuePair<string, object?>("Value", 1) }, null, (_, _) => "formatted"); break;
            case "null": logger.Log<object?>(LogLevel.Information, default, null, null, (_, _) => "formatted"); break;
            case "activity": logger.Log(LogLevel.Information, new EventId(1, "Name"), "traced", null, (_, _) => $"traced"); break;
            default: LogAnswered(logger, "POST", "/api/rooms/{room}/events", 201, 0.42, "tick", "ada", "0HNQ8040L4J6R:00000001"); break;
        }
#pragma warning restore CA1848, CA1873, CA2017, CA2253, CA2254, CA1727
    }

    [LoggerMessage(LogLevel.Information, "{Method} {Route} answered {Status} in {ElapsedMs} ms: event {EventType}, user {UserId}, request {RequestId}.")]
    private static partial void LogAnswered(
        Microsoft.Extensions.Logging.ILogger logger, string method, string route, int status, double elapsedMs, string? eventType, string? userId, string requestId);

    [GeneratedRegex("\"Timestamp\":\"[^\"]*\"|\"(Trace|Span)Id\":\"[0-9a-f]*\"")]
    private static partial Regex Timestamp();

    private sealed class Events : ILogEventSink
    {
        public int Count { get; private set; }

        public void Emit(LogEvent logEvent) => Count++;
    }

    private sealed class Console : ILogEventSink
    {
        public StringWriter Text { get; } = new(CultureInfo.InvariantCulture);

        public void Emit(LogEvent logEvent) => ((TextBlock)logEvent.Properties[WaitingText.Property]).Render(Text);
    }
}
