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

    private readonly ConnectionMultiplexer _multiplexer;
    private readonly TimeProvider _time;

    private RedisConnection(ConnectionMultiplexer multiplexer, RedisChannels channels, TimeProvider time)
    {
        _multiplexer = multiplexer;
        _time = time;
        Channels = channels;
    }

    internal RedisChannels Channels { get; }

    /// <summary>Connects, or begins to: where the server is away the connection comes up by itself once it is back.</summary>
    /// <exception cref="ArgumentException">The connection string cannot be read.</exception>
    public static async Task<RedisConnection> OpenAsync(string configuration, TimeProvider time)
    {
        var options = ConfigurationOptions.Parse(configuration);
        options.AbortOnConnectFail = false;
        return new(await ConnectionMultiplexer.ConnectAsync(options), await RedisChannels.OpenAsync(configuration), time);
    }

    /// <summary>True while both connections stand, that of commands and that of channels.</summary>
    internal bool IsConnected(RedisChannel channel) => _multiplexer.IsConnected && Channels.IsConnected(channel);

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
        _multiplexer.ConnectionRestored += (_, _) => restored();
        Channels.OnRestored(restored);
    }

    /// <summary>Calls back whenever the connection of commands is lost.</summary>
    internal void OnLost(Action lost) => _multiplexer.ConnectionFailed += (_, _) => lost();

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
        try
        {
            if (elapsed >= CallLimit) throw new TimeoutException();
            return await call(_multiplexer.GetDatabase()).WaitAsync(CallLimit - elapsed, _time, cancellationToken);
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            throw new LogUnavailableException("Redis did not answer as it should.", e);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Channels.DisposeAsync();
        await _multiplexer.CloseAsync();
        _multiplexer.Dispose();
    }
}
