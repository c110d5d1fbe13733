using System.Diagnostics;
using Serilog.Extensions.Logging;

namespace Notifier.Api.Operations;

/// <summary>
/// Makes the lines that say what the service does without an event of Serilog's, which is a dozen objects and costs more than the line. What is rare (warnings and errors, exceptions, traces,
/// values that are neither text nor numbers) takes the way through Serilog. The lines are the same.
/// </summary>
[ProviderAlias("Serilog")]
internal sealed class LineLogs(SerilogLoggerProvider serilog, UnhurriedLog log, WaitingText lines, TimeProvider time) : ILoggerProvider
{
    [ThreadStatic]
    private static PlainLine? _ofThisThread;

    private readonly LoggerExternalScopeProvider _scopes = new();

    public ILogger CreateLogger(string categoryName) => new Logger(this, serilog.CreateLogger(categoryName), categoryName);

    public void Dispose() => serilog.Dispose();

    private bool TryWrite(EventId id, string source, IReadOnlyList<KeyValuePair<string, object?>> values)
    {
        var line = _ofThisThread ??= new();
        if (!line.TryMake(time.GetLocalNow(), id, source, values, _scopes)) return false;

        log.Waits(lines.Add(line.Text));
        return true;
    }

    private sealed class Logger(LineLogs logs, ILogger serilog, string source) : ILogger
    {
        private readonly bool _isFiltered = Logs.WritesAddresses(source);

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => logs._scopes.Push(state);

        public bool IsEnabled(LogLevel logLevel) => serilog.IsEnabled(logLevel);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var mayBePlain = logLevel == LogLevel.Information && exception is null && Activity.Current is null && !_isFiltered;
            if (mayBePlain && state is IReadOnlyList<KeyValuePair<string, object?>> values && logs.TryWrite(eventId, source, values)) return;

            // Serilog has scopes of its own.
            var opened = new Stack<IDisposable?>();
            logs._scopes.ForEachScope((scope, all) => all.Push(serilog.BeginScope(scope!)), opened);
            serilog.Log(logLevel, eventId, state, exception, formatter);
            while (opened.TryPop(out var scope)) scope?.Dispose();
        }
    }
}
