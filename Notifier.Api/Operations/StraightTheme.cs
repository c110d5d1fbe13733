using Serilog.Sinks.SystemConsole.Themes;

namespace Notifier.Api.Operations;

/// <summary>No colours, and no copy of what is written: Serilog's own theme without colours has its sink make a string of it first.</summary>
internal sealed class StraightTheme : ConsoleTheme
{
    public override bool CanBuffer => false;

    protected override int ResetCharCount => 0;

    public override int Set(TextWriter output, ConsoleThemeStyle style) => 0;

    public override void Reset(TextWriter output)
    {
    }
}
