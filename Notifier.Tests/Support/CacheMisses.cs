using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace Notifier.Tests.Support;

/// <summary>
/// Counts the requests that have looked for a cached answer in vain and wait: one for what it reads, the others for its answer. The output cache looks first and
/// waits then: a request that has done the one and not yet the other misses an answer that ends between the two, and makes one more. So a test that counts
/// answers must know that everybody waits before it lets the first one go on. Between the cache's line about the miss and the wait nothing is awaited, so the
/// next time that the request's thread leaves it, it waits.
/// </summary>
internal sealed class CacheMisses : ILoggerProvider, IStartupFilter
{
    private readonly AsyncLocal<Request?> _current;
    private int _waiting;

    public CacheMisses() => _current = new(change =>
    {
        if (change is { ThreadContextChanged: true, PreviousValue: { HasMissed: true } left } && left.IsFirstLeave()) Interlocked.Increment(ref _waiting);
    });

    public int Waiting => Volatile.Read(ref _waiting);

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use((http, rest) =>
        {
            _current.Value = new();
            return rest(http);
        });
        next(app);
    };

    public ILogger CreateLogger(string categoryName) => new Category(this);

    public void Dispose()
    {
        // Nothing is held.
    }

    private sealed class Request
    {
        private int _leaves;

        public bool HasMissed { get; set; }

        public bool IsFirstLeave() => Interlocked.Increment(ref _leaves) == 1;
    }

    private sealed class Category(CacheMisses misses) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId.Name == "NoResponseServed" && misses._current.Value is { } request) request.HasMissed = true;
        }
    }
}
