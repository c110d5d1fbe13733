using Microsoft.Extensions.Logging;

namespace Notifier.Tests.Support;

/// <summary>Takes every line that a service in this process logs into the record of the run.</summary>
[ProviderAlias("Run")]
internal sealed class RunLines(RunRecord record) : ILoggerProvider
{
    public ILogger CreateLogger(string categoryName) => new Category(record, categoryName);

    public void Dispose()
    {
        // The record outlives each host.
    }

    private sealed class Category(RunRecord record, string name) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            record.KeepLine($"{logLevel} {name}: {formatter(state, exception)} {exception}");
    }
}
