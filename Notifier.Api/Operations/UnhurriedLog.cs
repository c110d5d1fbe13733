using Serilog.Core;
using Serilog.Events;
using Serilog.Parsing;

namespace Notifier.Api.Operations;

/// <summary>
/// Writes log lines on a thread of its own, all that came within <see cref="Pause"/> at once. A console that nobody reads, a pipe that is full, blocks
/// whoever writes to it: that must never be a request. Holds at most <see cref="Capacity"/> lines; what comes while it is full is lost, and counted in a line of its own.
/// </summary>
/// <remarks>The lock guards the lines that wait, and is never held while one is written.</remarks>
internal sealed class UnhurriedLog : ILogEventSink, IDisposable
{
    private const int Capacity = 10_000;

    /// <summary>Between two batches: a busy service wakes the writer fifty times a second, and not for every line.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>What the last lines may take at the end.</summary>
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(1);

    private static readonly MessageTemplate LostLines = new MessageTemplateParser().Parse("{Lines} log lines were lost: the console took none for too long.");

    private readonly Lock _gate = new();
    private readonly AutoResetEvent _someWait = new(initialState: false);
    private readonly ManualResetEvent _ending = new(initialState: false);
    private readonly Logger _inner;
    private readonly LineBatch? _lineBatch;
    private readonly TimeProvider _time;
    private readonly Thread _thread;
    private List<LogEvent> _lines = [];
    private List<LogEvent> _batch = [];
    private int _lost;

    /// <param name="inner">Writes them.</param>
    /// <param name="lineBatch">The formatter of <paramref name="inner"/> where that writes a batch at once; null: line by line.</param>
    /// <param name="time">Dates the line about lost ones.</param>
    public UnhurriedLog(Logger inner, LineBatch? lineBatch, TimeProvider time)
    {
        _inner = inner;
        _lineBatch = lineBatch;
        _time = time;
        _thread = new(Write) { IsBackground = true, Name = "log writer" };
        _thread.Start();

        // Whoever ends the process at once, without the host, wants its last lines all the same.
        AppDomain.CurrentDomain.ProcessExit += OnProcessExit;
        AppDomain.CurrentDomain.UnhandledException += OnUnhandledException;
    }

    public void Emit(LogEvent logEvent)
    {
        bool isFirst;
        lock (_gate)
        {
            if (_lines.Count >= Capacity)
            {
                _lost++;
                return;
            }

            isFirst = _lines.Count == 0;
            _lines.Add(logEvent);
        }

        if (isFirst) _someWait.Set();
    }

    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= OnProcessExit;
        AppDomain.CurrentDomain.UnhandledException -= OnUnhandledException;
        if (End()) _inner.Dispose();
    }

    private void OnProcessExit(object? sender, EventArgs e) => End();

    private void OnUnhandledException(object? sender, UnhandledExceptionEventArgs e) => End();

    /// <summary>Has what waits written; false where the console does not take it in time.</summary>
    private bool End()
    {
        _ending.Set();
        return _thread.Join(EndLimit);
    }

    private void Write()
    {
        WaitHandle[] wakes = [_someWait, _ending];
        do
        {
            WaitHandle.WaitAny(wakes);
            WriteBatch();
        }
        while (!_ending.WaitOne(Pause));

        WriteBatch();
    }

    private void WriteBatch()
    {
        int lost;
        lock (_gate)
        {
            (_lines, _batch) = (_batch, _lines);
            (lost, _lost) = (_lost, 0);
        }

        if (lost > 0) _batch.Add(new(_time.GetLocalNow(), LogEventLevel.Warning, null, LostLines, [new("Lines", new ScalarValue(lost))]));
        if (_lineBatch is null)
        {
            foreach (var line in _batch) _inner.Write(line);
        }
        else if (_batch is [var first, ..])
        {
            _lineBatch.Lines = _batch;
            _inner.Write(first);
        }

        _batch.Clear();
    }
}
