using System.Globalization;
using System.Text.Json;
using Notifier.Api.Operations;
using Notifier.Tests.Support;
using Serilog;
using Serilog.Core;
using Serilog.Events;

namespace Notifier.Tests.Operations;

public sealed class UnhurriedLogTests : IDisposable
{
    private readonly HeldConsole _console = new();

    public void Dispose() => _console.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_comes_while_ten_thousand_lines_wait_is_lost_and_counted_in_a_line_behind_them(bool isText)
    {
        var (log, logger) = Start(isText);
        _console.Hold();
        logger.Information("line {N}", 0);
        _console.UntilItWrites();

        for (var n = 1; n <= 10_007; n++) logger.Information("line {N}", n);
        _console.LetGo();
        log.Dispose();

        _console.Messages.ShouldBe([.. Enumerable.Range(0, 10_001).Select(n => $"line {n}"), "7 log lines were lost: the console took none for too long."]);
    }

    [Fact]
    public void A_line_that_cannot_be_formatted_loses_itself_alone_and_another_says_so()
    {
        var (log, logger) = Start(isText: true);

        logger.Information("before");
        logger.Information(new Unspeakable("psst"), "within {Value}", 1);
        logger.Information("behind");
        log.Dispose();

        _console.Messages.ShouldBe(["before", "A log line was lost: \"within {Value}\" could not be formatted (\"NotSupportedException\").", "behind"]);
        _console.Text.ShouldNotContain("psst");
    }

    [Fact]
    public void An_exception_that_logs_while_it_is_written_spoils_no_line()
    {
        var (log, logger) = Start(isText: true);

        logger.Information(new Talkative(logger), "outer");
        log.Dispose();

        _console.Messages.ShouldBe(["inner", "outer"]);
        _console.Lines.Last().GetProperty("Exception").GetString().ShouldBe("talkative");
    }

    [Fact]
    public void Lines_of_many_threads_and_of_any_length_come_whole_and_each_threads_in_order()
    {
        var (log, logger) = Start(isText: true);

        Parallel.For(0, 8, thread =>
        {
            for (var n = 0; n < 500; n++) logger.Information("{Thread} {N} {Text}", thread, n, new string('x', n % 100 == 0 ? 50_000 : n));
        });
        log.Dispose();

        var lines = _console.Lines.Select(line => line.GetProperty("Properties")).ToArray();
        lines.Length.ShouldBe(8 * 500);
        foreach (var thread in lines.GroupBy(line => line.GetProperty("Thread").GetInt32())) thread.Select(line => line.GetProperty("N").GetInt32()).ShouldBe(Enumerable.Range(0, 500));
        lines.ShouldAllBe(line => line.GetProperty("Text").GetString()!.Length == (line.GetProperty("N").GetInt32() % 100 == 0 ? 50_000 : line.GetProperty("N").GetInt32()));
    }

    private (UnhurriedLog Log, Logger Logger) Start(bool isText)
    {
        var console = new LoggerConfiguration().WriteTo.Sink(_console).CreateLogger();
        var log = new UnhurriedLog(isText ? new WaitingText(console, new ManualTime()) : new WaitingEvents(console), new ManualTime());
        return (log, new LoggerConfiguration().WriteTo.Sink(log).CreateLogger());
    }

    /// <summary>A console that takes nothing while it is held.</summary>
    private sealed class HeldConsole : ILogEventSink, IDisposable
    {
        private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

        private readonly ManualResetEventSlim _free = new(initialState: true);
        private readonly ManualResetEventSlim _writes = new();
        private readonly StringWriter _text = new(CultureInfo.InvariantCulture);
        private readonly List<string> _messages = [];

        public string Text => _text.ToString();

        public IEnumerable<JsonElement> Lines => Text.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement);

        public IReadOnlyList<string> Messages => _messages is [] ? [.. Lines.Select(line => line.GetProperty("RenderedMessage").GetString()!)] : _messages;

        public void Hold() => _free.Reset();

        public void LetGo() => _free.Set();

        public void UntilItWrites() => _writes.Wait(Deadline).ShouldBeTrue();

        public void Emit(LogEvent logEvent)
        {
            _writes.Set();
            _free.Wait(Deadline).ShouldBeTrue();
            if (logEvent.Properties.GetValueOrDefault(WaitingText.Property) is TextBlock lines) lines.Render(_text);
            else _messages.Add(logEvent.RenderMessage(CultureInfo.InvariantCulture));
        }

        public void Dispose()
        {
            _free.Dispose();
            _writes.Dispose();
        }
    }

    private sealed class Unspeakable(string secret) : Exception
    {
        public override string ToString() => throw new NotSupportedException(secret);
    }

    private sealed class Talkative(Logger logger) : Exception
    {
        public override string ToString()
        {
            logger.Information("inner");
            return "talkative";
        }
    }
}
