using Serilog.Core;
using Serilog.Events;
using Serilog.Parsing;

namespace Notifier.Api.Operations;

/// <summary>
/// Writes log lines on a thread of its own, all that came within <see cref="Pause"/> at once. A console that nobody reads, a pipe that is full, blocks
/// whoever writes to it: that must never be a request. Holds at most <see cref="Capacity"/> lines; what comes while it is full is lost, and counted in a line of its own.
/// </summary>
internal sealed class UnhurriedLog : ILogEventSink, IDisposable
{
    public const int Capacity = 10_000;

    /// <summary>Between two batches: a busy service wakes the writer fifty times a second, and not for every line.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>What the last lines may take at the end.</summary>
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(1);

    private static readonly MessageTemplate LostLines = new MessageTemplateParser().Parse("{Lines} log lines were lost: the console took none for too long.");

    private readonly AutoResetEvent _someWait = new(initialState: false);
    private readonly ManualResetEvent _ending = new(initialState: false);
    private readonly IWaitingLines _lines;
    private readonly TimeProvider _time;
    private readonly Thread _thread;
    private int _lost;

    /// <param name="lines">Holds them until then.</param>
    /// <param name="time">Dates the line about lost ones.</param>
    public UnhurriedLog(IWaitingLines lines, TimeProvider time)
    {
        _lines = lines;
        _time = time;
        _thread = new(Write) { IsBackground = true, Name = "log writer" };
        _thread.Start();

        // Whoever ends the process at once, without the host, wants its last lines all the same.
        AppDomain.CurrentDomain.ProcessExit += OnProcessExit;
        AppDomain.CurrentDomain.UnhandledException += OnUnhandledException;
    }

    public void Emit(LogEvent logEvent) => Waits(_lines.Add(logEvent));

    /// <summary>Takes notice of a line that was added.</summary>
    /// <param name="lines">How many wait now; 0: it was not taken.</param>
    public void Waits(int lines)
    {
        switch (lines)
        {
            case 0: Interlocked.Increment(ref _lost); break;
            case 1: _someWait.Set(); break;
        }
    }

    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= OnProcessExit;
        AppDomain.CurrentDomain.UnhandledException -= OnUnhandledException;
        if (End()) _lines.Dispose();
    }

    private void OnProcessExit(object? sender, EventArgs e) => End();

    private void OnUnhandledException(object? sender, UnhandledExceptionEventArgs e) => End();

    /// <summary>Has what waits written; false where the console does not take it in time.</summary>
    private bool End()
    {
        _ending.Set();
        return _thread.Join(EndLimit);
    }

    private LogEvent? LostLine() =>
        Interlocked.Exchange(ref _lost, 0) is var lost and > 0 ? new(_time.GetLocalNow(), LogEventLevel.Warning, null, LostLines, [new("Lines", new ScalarValue(lost))]) : null;

    private void Write()
    {
        WaitHandle[] wakes = [_someWait, _ending];
        do
        {
            WaitHandle.WaitAny(wakes);
            _lines.Write(LostLine);
        }
        while (!_ending.WaitOne(Pause));

        _lines.Write(LostLine);
    }
}
