using Notifier.Core.Metrics;
using StackExchange.Redis;

namespace Notifier.Core.Log.Redis;

/// <summary>
/// The connection to the server, and the time that a call may take. The client's own calls wait through a server that stands still, and then
/// execute: so a call that is given up here may have happened all the same.
/// </summary>
public sealed class RedisConnection : IAsyncDisposable
{
    /// <summary>Longest wait for an answer: 2 s.</summary>
    public static TimeSpan CallLimit { get; } = TimeSpan.FromSeconds(2);

    private readonly TimeProvider _time;
    private readonly RedisPulse _pulse;

    private RedisConnection(RedisClient commands, RedisClient channels, TimeProvider time)
    {
        _time = time;
        _pulse = new(commands, time);
        Commands = commands;
        Channels = channels;
    }

    internal RedisClient Commands { get; }

    /// <summary>Apart from that of commands, so that each can be replaced without the other.</summary>
    internal RedisClient Channels { get; }

    /// <summary>Where round trips are counted; set before the first, by the log that the connection is for.</summary>
    internal NotifierMetrics Metrics { get; set; } = NotifierMetrics.Unread;

    /// <summary>Connects, or begins to: where the server is away the connection comes up by itself once it is back.</summary>
    /// <exception cref="ArgumentException">The connection string cannot be read.</exception>
    public static async Task<RedisConnection> OpenAsync(string configuration, TimeProvider time) =>
        new(await RedisClient.OpenAsync(configuration, time), await RedisClient.OpenAsync(configuration, time), time);

    /// <summary>True while both connections stand, that of commands and that of channels.</summary>
    internal bool IsConnected(RedisChannel channel) => Commands.Current.IsConnected && Channels.IsConnected(channel);

    /// <summary>Why a connection string cannot be used with the client that this build has; null where it can.</summary>
    public static string? Check(string configuration)
    {
        // The client's older line has no property for a user, and gives a Sentinel's service name to nobody.
        var isOldClient = typeof(ConfigurationOptions).GetProperty("User") is null;
        var asks = configuration.Split(',').Select(part => part.Split('=')[0].Trim()).ToArray();
        if (isOldClient && asks.Any(name => name.Equals("user", StringComparison.OrdinalIgnoreCase) || name.Equals("serviceName", StringComparison.OrdinalIgnoreCase)))
        {
            return "asks for an ACL user or for Sentinel, which the Redis client of this build does not know; build with -p:Packages=latest, or leave them out";
        }

        try
        {
            return ConfigurationOptions.Parse(configuration).EndPoints.Count > 0 ? null : "names no server; it takes host:port,password=…,ssl=true";
        }
        catch (ArgumentException)
        {
            // The message may quote the password.
            return "cannot be read; it takes host:port,password=…,ssl=true";
        }
    }

    /// <summary>Calls back whenever a lost connection is there again.</summary>
    internal void OnRestored(Action restored)
    {
        Commands.OnRestored(restored);
        Channels.OnRestored(restored);
    }

    /// <summary>Calls back whenever the connection of commands is lost, or is another than before.</summary>
    internal void OnLost(Action lost) => Commands.OnLost(lost);

    /// <summary>As <see cref="CallAsync{T}"/>, for what has no answer.</summary>
    /// <exception cref="LogUnavailableException">It did not happen in time.</exception>
    internal Task CallAsync(Func<Task> call, CancellationToken cancellationToken) => CallAsync(
        async _ =>
        {
            await call();
            return true;
        },
        cancellationToken);

    /// <exception cref="LogUnavailableException">No answer, or one that says that the server cannot serve now.</exception>
    internal async Task<RedisResult> RunAsync(
        RedisScript script, RedisKey[] keys, RedisValue[] arguments, CancellationToken cancellationToken, TimeSpan elapsed = default)
    {
        try
        {
            return await EvaluateAsync();
        }
        catch (LogUnavailableException e) when (e.InnerException is RedisServerException { Message: var message } && message.StartsWith("NOSCRIPT", StringComparison.Ordinal))
        {
            // Told once after a SCRIPT FLUSH; the client sends the text from then on.
            return await EvaluateAsync();
        }

        Task<RedisResult> EvaluateAsync() => CallAsync(database => database.ScriptEvaluateAsync(script.Text, keys, arguments), cancellationToken, elapsed);
    }

    /// <summary>Calls the server; what has <paramref name="elapsed"/> already counts for the limit.</summary>
    /// <exception cref="LogUnavailableException">No answer, or one that says that the server cannot serve now.</exception>
    internal async Task<T> CallAsync<T>(Func<IDatabase, Task<T>> call, CancellationToken cancellationToken, TimeSpan elapsed = default)
    {
        var start = _time.GetTimestamp();
        try
        {
            if (elapsed >= CallLimit) throw new TimeoutException();
            var answer = await call(Commands.Current.GetDatabase()).WaitAsync(CallLimit - elapsed, _time, cancellationToken);
            Metrics.StoreCalled(_time.GetElapsedTime(start));
            return answer;
        }
        catch (Exception e) when (e is RedisException or TimeoutException or ObjectDisposedException)
        {
            // Disposed is a client whose place another one took just now.
            Metrics.StoreCalled(_time.GetElapsedTime(start), e is TimeoutException ? "timeout" : e is RedisConnectionException or ObjectDisposedException ? "connection" : "server");
            throw new LogUnavailableException("Redis did not answer as it should.", e);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _pulse.DisposeAsync();
        await Channels.DisposeAsync();
        await Commands.DisposeAsync();
    }
}
