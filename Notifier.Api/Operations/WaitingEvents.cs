using Serilog.Core;
using Serilog.Events;

namespace Notifier.Api.Operations;

/// <summary>Log lines that wait as events, for a console that writes each by itself, in colours where it is a terminal.</summary>
/// <remarks>The lock guards the lines that wait, and is never held while one is written.</remarks>
internal sealed class WaitingEvents(Logger console) : IWaitingLines
{
    private readonly Lock _gate = new();
    private List<LogEvent> _lines = [];
    private List<LogEvent> _batch = [];

    public int Add(LogEvent line)
    {
        lock (_gate)
        {
            if (_lines.Count >= UnhurriedLog.Capacity) return 0;

            _lines.Add(line);
            return _lines.Count;
        }
    }

    public void Write(Func<LogEvent?> last)
    {
        lock (_gate) (_lines, _batch) = (_batch, _lines);
        if (last() is { } line) _batch.Add(line);
        foreach (var each in _batch) console.Write(each);
        _batch.Clear();
    }

    public void Dispose() => console.Dispose();
}
