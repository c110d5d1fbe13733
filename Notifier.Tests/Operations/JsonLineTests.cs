using System.Diagnostics;
using System.Globalization;
using Notifier.Api.Operations;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting.Json;
using Serilog.Parsing;

namespace Notifier.Tests.Operations;

/// <summary>That our lines are Serilog's, character for character.</summary>
public sealed class JsonLineTests
{
    private const string Command = "{Method} {Route} answered {Status} in {ElapsedMs} ms: event {EventType}, user {UserId}, request {RequestId}.";

    private static readonly DateTimeOffset Time = new(2026, 2, 28, 23, 59, 58, 70, TimeSpan.FromHours(-3.5));
    private static readonly JsonFormatter Serilogs = new(renderMessage: true);
    private static readonly Logger Binder = new LoggerConfiguration().CreateLogger();

    public static TheoryData<string> Templates =>
    [
        "", "no value", "{Value}", "a {Value} b", "{Value} {Value}", "{Value} {Missing}", "{Missing:000}", "{0} {Value}", "{{Value}} {Value}", "{Value", "{ Value }", "{@Value} {$Value}",
        "{Value:l}", "{Value:j}", "{Value:000.0} {Value} {Value:X}", "{Value,12}", "{Value,-12}|", "{Value,2:000}", "\"{Value}\" \\ \t\r\n\f\b\u0001 é € 😀 \ud800 </script>", Command,
    ];

    private static IEnumerable<object?> Scalars =>
    [
        null, "", "plain", "with spaces", "\"", "\\", "\\\"", "a \"quoted\" word", "line\nline\r\n", "\0\u0001\b\t\f\u001f\u007f\u0085\u2028\ufeff", "é € 漢 😀", "\ud83d", "\ude00\ud83d",
        "</script>&'+", new string('x', 20_000) + "\"", true, false, 0, -1, int.MinValue, int.MaxValue, long.MinValue, long.MaxValue, 0d, -0d, 0.1, 170.6, 1e300, -5e-324, 1e16, 123456789012345680d,
        double.NaN, double.PositiveInfinity, double.NegativeInfinity, 0.1f, float.NaN, 1.10m, (byte)7, (sbyte)-7, (short)-7, (ushort)7, 7u, 7ul, '"', 'x', DayOfWeek.Friday, (DayOfWeek)77,
        LogEventLevel.Fatal, Time, Time.UtcDateTime, Time.DateTime, DateOnly.FromDateTime(Time.DateTime), TimeOnly.FromTimeSpan(TimeSpan.FromSeconds(1.5)), TimeSpan.FromDays(1.5), Guid.Empty,
        new Uri("http://host/?a=\"b\""), new Version(1, 2), typeof(string), new Place("a \"place\"", 3), Int128.MaxValue, (Half)0.1f,
    ];

    private static IEnumerable<object> Objects =>
    [
        new[] { 1, 2 }, Array.Empty<string>(), new object?[] { "a\"b", null, new[] { 1.5 } }, new Dictionary<string, int>(StringComparer.Ordinal) { ["a\"b"] = 1 }, new Dictionary<int, string[]> { [1] = ["x"] },
        new Place("a \"place\"", 3), new { Inner = new Place("p", 1), Text = "a\nb" }, new { },
    ];

    [Theory]
    [MemberData(nameof(Templates))]
    public void A_line_is_what_Serilogs_own_formatter_writes_whatever_it_holds(string template)
    {
        LogEventPropertyValue[] values =
        [
            .. Scalars.Select(value => Bind(value, isTakenApart: false)), .. Objects.Select(value => Bind(value, isTakenApart: false)), .. Objects.Select(value => Bind(value, isTakenApart: true)),
            new StructureValue([]), new StructureValue([new("a \"name\"", new ScalarValue(1)), new("b", new StructureValue([new("c", new ScalarValue('c'))]))]),
            new StructureValue([new("Name", new ScalarValue("x"))], "Tag"),
        ];
        var culture = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = Foreign();
        try
        {
            foreach (var value in values) SameAsSerilogs(Event(template, new LogEventProperty("Value", value), new LogEventProperty("a \"name\"", value)));
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }
    }

    [Fact]
    public void Every_level_a_trace_an_exception_and_no_property_at_all_are_written_as_Serilog_does()
    {
        foreach (var level in (LogEventLevel[])[.. Enum.GetValues<LogEventLevel>(), (LogEventLevel)77]) SameAsSerilogs(new(Time, level, null, Parse("text"), []));
        SameAsSerilogs(new(default, LogEventLevel.Error, Thrown("a \"cause\"\nof two lines"), Parse("text"), [new("Value", new ScalarValue(1))]));
        SameAsSerilogs(new(Time.ToUniversalTime(), LogEventLevel.Error, Thrown("cause"), Parse("{Value:000}"), [new("Value", new ScalarValue(1))]));
        SameAsSerilogs(new(Time, LogEventLevel.Error, Thrown("cause"), Parse("{Value}"), [], ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom()));
        SameAsSerilogs(new(Time, LogEventLevel.Error, null, Parse("{Value}"), [], ActivityTraceId.CreateRandom(), default(ActivitySpanId)));
    }

    [Fact]
    public void A_line_of_a_command_costs_no_memory()
    {
        var line = Event(
            Command,
            [
                new("Method", new ScalarValue("POST")), new("Route", new ScalarValue("/api/rooms/{room}/messages")), new("Status", new ScalarValue(201)), new("ElapsedMs", new ScalarValue(0.42)),
                new("EventType", new ScalarValue("message")), new("UserId", new ScalarValue("ada")), new("RequestId", new ScalarValue("0HNQ8040L4J6R:00000001")),
                new("EventId", new StructureValue([new("Id", new ScalarValue(762352162)), new("Name", new ScalarValue("LogAnswered"))])), new("ConnectionId", new ScalarValue("0HNQ8040L4J6R")),
            ]);
        var buffer = new LineBuffer();
        SameAsSerilogs(line, buffer);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var n = 0; n < 100; n++)
        {
            buffer.Clear();
            JsonLine.Write(line, buffer);
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }

    private static void SameAsSerilogs(LogEvent line, LineBuffer? buffer = null)
    {
        using var expected = new StringWriter(CultureInfo.InvariantCulture);
        buffer ??= new();

        // A format that the value does not take.
        if (Record.Exception(() => Serilogs.Format(line, expected)) is { } refused)
        {
            Record.Exception(() => JsonLine.Write(line, buffer)).ShouldNotBeNull().ShouldBeOfType(refused.GetType());
            return;
        }

        JsonLine.Write(line, buffer);

        buffer.Text.ToString().ShouldBe(expected.ToString());
    }

    private static LogEvent Event(string template, params LogEventProperty[] properties) => new(Time, LogEventLevel.Information, null, Parse(template), properties);

    private static MessageTemplate Parse(string template) => new MessageTemplateParser().Parse(template);

    private static LogEventPropertyValue Bind(object? value, bool isTakenApart)
    {
        Binder.BindProperty("Value", value, isTakenApart, out var property).ShouldBeTrue();
        return property!.Value;
    }

    private static InvalidOperationException Thrown(string message)
    {
        try
        {
            throw new InvalidOperationException(message);
        }
        catch (InvalidOperationException e)
        {
            return e;
        }
    }

    /// <summary>A culture whose numbers and dates look like nothing in JSON, wherever the runtime knows none.</summary>
    private static CultureInfo Foreign()
    {
        var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
        culture.NumberFormat.NumberDecimalSeparator = "·";
        culture.NumberFormat.NegativeSign = "minus ";
        culture.DateTimeFormat.TimeSeparator = "_";
        return culture;
    }

    private sealed record Place(string Name, int Seat);
}
