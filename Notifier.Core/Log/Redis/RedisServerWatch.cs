using StackExchange.Redis;

namespace Notifier.Core.Log.Redis;

/// <summary>
/// Notices that another server answers than before: one that was restarted, a promoted replica, a restored copy. It may lack the newest entries, and
/// each instance says of the topics that it follows what it has seen as soon as it is connected again; who does not follow a topic
/// has to wait for them, or its event would stand before their word and hide the loss.
/// </summary>
internal sealed class RedisServerWatch
{
    /// <summary>
    /// Longer than the instances' connections come back after one another (the client tries once a second), and less than a call may take.
    /// </summary>
    internal static readonly TimeSpan Hold = TimeSpan.FromSeconds(1.25);

    internal static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(250);

    private readonly RedisConnection _connection;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);
    private TaskCompletionSource _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _losses;

    public RedisServerWatch(RedisConnection connection, TimeProvider time)
    {
        _connection = connection;
        _time = time;
        connection.OnLost(Unsettle);
        _ = SettleAsync(_settled);
    }

    /// <summary>True where no living instance has anything more to say of the server.</summary>
    public bool IsSettled => Volatile.Read(ref _settled).Task.IsCompleted;

    /// <summary>Waits for <see cref="IsSettled"/>; at once where the server is not new to this instance.</summary>
    /// <exception cref="LogUnavailableException">Not within the time that a call may take.</exception>
    public async ValueTask SettledAsync(CancellationToken cancellationToken)
    {
        if (IsSettled) return;
        try
        {
            await Volatile.Read(ref _settled).Task.WaitAsync(RedisConnection.CallLimit, _time, cancellationToken);
        }
        catch (TimeoutException e)
        {
            throw new LogUnavailableException("Redis is away, or came back just now.", e);
        }
    }

    private void Unsettle()
    {
        lock (_gate)
        {
            _losses++;
            if (!IsSettled) return;
            _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _ = SettleAsync(_settled);
        }
    }

    private async Task SettleAsync(TaskCompletionSource settled)
    {
        while (true)
        {
            var losses = Volatile.Read(ref _losses);
            if (await ReadRunIdAsync() is not { } server)
            {
                await Task.Delay(RetryInterval, _time);
                continue;
            }

            // The first server is whatever the log was begun on; what it lacked then, nobody here can say.
            var isFirst = _known.Count == 0;
            if (_known.Add(server) && !isFirst) await Task.Delay(Hold, _time);
            lock (_gate)
            {
                if (losses != _losses) continue;
                settled.SetResult();
                return;
            }
        }
    }

    /// <summary>What the server calls this run of itself; empty where it may not be asked, and null where it does not answer.</summary>
    private async Task<string?> ReadRunIdAsync()
    {
        try
        {
            var answer = (string?)await _connection.CallAsync(database => database.ExecuteAsync("INFO", "server"), CancellationToken.None);
            return answer?.Split('\n').FirstOrDefault(line => line.StartsWith("run_id:", StringComparison.Ordinal))?.Trim() ?? "";
        }
        catch (LogUnavailableException e)
        {
            return e.InnerException is RedisServerException { Message: var message } && message.StartsWith("NOPERM", StringComparison.Ordinal) ? "" : null;
        }
    }
}
