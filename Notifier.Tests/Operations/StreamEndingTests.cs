using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Notifier.Core.Log;
using Notifier.Core.Log.Memory;
using Notifier.Tests.Faults;
using Notifier.Tests.Hostile;
using Notifier.Tests.Support;

namespace Notifier.Tests.Operations;

/// <summary>The reasons that no client and no admin gives: each is counted, and stands in the stream's last line.</summary>
public sealed class StreamEndingTests : IDisposable
{
    private readonly ClosedLines _lines = new();

    public void Dispose() => _lines.Dispose();

    [Fact]
    public async Task A_client_that_takes_nothing_is_ended_as_slow()
    {
        await using var host = Start(_ => { }, ("Streams:WriteTimeoutSeconds", "1"), ("Log:MaxEventsPerTopic", "10000"));
        using var deaf = await RawClient.ConnectAsync(host.Address, receiveBufferBytes: 4096);
        await deaf.SendAsync("GET /api/rooms/general/events?as=deaf HTTP/1.1\r\nHost: test\r\n\r\n");
        await Until.TrueAsync("it is there", async () => (await Exposition.FetchAsync(host.Http))["notifier_streams_open{kind=\"room\"}"] == 1);

        // More than the kernel and the server hold of it.
        var events = string.Join(',', Enumerable.Repeat($$"""{"topics":["room:general"],"type":"n","data":"{{new string('x', 4000)}}"}""", 100));
        for (var i = 0; i < 20; i++) (await host.Http.PostTextAsync("/api/publish", $"[{events}]")).EnsureSuccessStatusCode();

        await EndsForAsync(host, "slow", "deaf");
    }

    [Fact]
    public async Task A_stream_of_its_age_is_ended_as_max_age()
    {
        await using var host = Start(_ => { }, ("Streams:MaxAge", "00:00:01"));
        await using var stream = await host.OpenAsync("/api/rooms/general/events?as=ada");

        await stream.ReadToEndAsync();

        await EndsForAsync(host, "max-age", "ada");
    }

    [Fact]
    public async Task A_stream_that_fails_in_a_way_that_nobody_expected_is_ended_as_error()
    {
        // The first two reads of the room are those that open the stream.
        var reads = 0;
        await using var host = Start(
            services => services.AddSingleton<IEventLog>(provider => new CountingLog(provider.GetRequiredService<MemoryEventLog>())
            {
                BeforeRead = topic =>
                {
                    if (topic.Value == "room:general" && ++reads == 3) throw new InvalidOperationException("on purpose");
                },
            }),
            ("Log:TailEvents", "16"));
        var events = string.Join(',', Enumerable.Repeat("""{"topics":["room:general"],"type":"n","data":1}""", 100));
        for (var i = 0; i < 5; i++) (await host.Http.PostTextAsync("/api/publish", $"[{events}]")).EnsureSuccessStatusCode();

        using var client = host.NewClient();
        await using (var stream = await SseStreamReader.OpenAsync(client, "/api/rooms/general/events?since=all&as=ada")) await EndsForAsync(host, "error", "ada");

        // It ended alone.
        await using var next = await host.OpenAsync("/api/rooms/general/events?since=all&as=bob");
        (await next.ReadAsync(500)).Count.ShouldBe(500);
    }

    private NotifierHost Start(Action<IServiceCollection> services, params (string Name, string Value)[] settings) =>
        NotifierHost.With(seen => services(seen.AddSingleton<ILoggerProvider>(_lines)), settings);

    private async Task EndsForAsync(NotifierHost host, string reason, string user)
    {
        await Until.TrueAsync($"it is counted as {reason}", async () => (await Exposition.FetchAsync(host.Http))[$"notifier_streams_closed_total{{kind=\"room\",reason=\"{reason}\"}}"] == 1);
        var metrics = await Exposition.FetchAsync(host.Http);
        metrics.Sum("notifier_streams_closed_total").ShouldBe(1);
        metrics.Sum("notifier_streams_open").ShouldBe(0);
        await Until.TrueAsync("it has its line", () => !_lines.All.IsEmpty);
        var line = _lines.All.ShouldHaveSingleItem();
        line.ShouldContain($" of {user} on room:general: {reason}, after ");
    }

    /// <summary>The lines of streams that ended.</summary>
    private sealed class ClosedLines : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> All { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public void Dispose()
        {
            // Read after the host has gone.
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var line = formatter(state, exception);
            if (line.StartsWith("Closed stream", StringComparison.Ordinal)) All.Enqueue(line);
        }
    }
}
