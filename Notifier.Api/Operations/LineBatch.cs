using Serilog.Events;
using Serilog.Formatting;

namespace Notifier.Api.Operations;

/// <summary>
/// Formats several lines where a sink asks for one: the console sink takes a system call for each thing that it is given. Used by one thread.
/// </summary>
internal sealed class LineBatch(ITextFormatter line) : ITextFormatter
{
    /// <summary>What is written in place of the next event that a sink formats.</summary>
    public IReadOnlyList<LogEvent> Lines { get; set; } = [];

    public void Format(LogEvent logEvent, TextWriter output)
    {
        foreach (var each in Lines) line.Format(each, output);
    }
}
