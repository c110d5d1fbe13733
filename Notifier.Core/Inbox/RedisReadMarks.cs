using Notifier.Core.Events;
using Notifier.Core.Log.Redis;

namespace Notifier.Core.Inbox;

/// <summary>Read marks in Redis, shared by all instances: a key beside the user's log, without an end, and another while nobody was told of the mark.</summary>
public sealed class RedisReadMarks(RedisEventLog log) : IReadMarks
{
    public async ValueTask<LogPosition> ReadAsync(string user, CancellationToken cancellationToken)
    {
        var mark = await log.Connection.CallAsync(database => database.StringGetAsync(log.Keys.ReadMark(user)), cancellationToken);
        return LogPosition.TryParse((string?)mark, out var position) ? position : LogPosition.Zero;
    }

    public async ValueTask<bool> RaiseAsync(string user, LogPosition upTo, CancellationToken cancellationToken) =>
        (bool)await log.Connection.RunAsync(RedisScript.RaiseMark, [log.Keys.ReadMark(user), log.Keys.UntoldMark(user)], [upTo.ToString()], cancellationToken);

    public async ValueTask ToldAsync(string user, LogPosition upTo, CancellationToken cancellationToken) =>
        await log.Connection.RunAsync(RedisScript.MarkTold, [log.Keys.UntoldMark(user)], [upTo.ToString()], cancellationToken);
}
