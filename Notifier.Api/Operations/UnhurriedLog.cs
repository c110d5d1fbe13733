using System.Collections.Concurrent;
using Serilog.Core;
using Serilog.Events;

namespace Notifier.Api.Operations;

/// <summary>
/// Writes log lines on a thread of its own. A console that nobody reads, a pipe that is full, blocks whoever writes to it: that must never be a request.
/// Holds at most <see cref="Capacity"/> lines; what comes while it is full is lost.
/// </summary>
internal sealed class UnhurriedLog : ILogEventSink, IDisposable
{
    private const int Capacity = 10_000;

    /// <summary>What the last lines may take at the end.</summary>
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(1);

    private readonly BlockingCollection<LogEvent> _lines = new(Capacity);
    private readonly Logger _inner;
    private readonly Thread _thread;

    public UnhurriedLog(Logger inner)
    {
        _inner = inner;
        _thread = new(Write) { IsBackground = true, Name = "log writer" };
        _thread.Start();
    }

    public void Emit(LogEvent logEvent)
    {
        if (!_lines.IsAddingCompleted) _lines.TryAdd(logEvent);
    }

    public void Dispose()
    {
        _lines.CompleteAdding();
        if (_thread.Join(EndLimit)) _inner.Dispose();
    }

    private void Write()
    {
        foreach (var line in _lines.GetConsumingEnumerable()) _inner.Write(line);
    }
}
