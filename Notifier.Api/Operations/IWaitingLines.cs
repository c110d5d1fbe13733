using Serilog.Events;

namespace Notifier.Api.Operations;

/// <summary>The log lines that wait for the log's thread.</summary>
internal interface IWaitingLines : IDisposable
{
    /// <summary>Takes a line, on any thread.</summary>
    /// <returns>How many wait now; 0: too many do already, and it was not taken.</returns>
    int Add(LogEvent line);

    /// <summary>Writes what waits, on the log's thread; returns when the console has taken it.</summary>
    /// <param name="last">Asked once no line waits any more: what is written behind them, if anything.</param>
    void Write(Func<LogEvent?> last);
}
