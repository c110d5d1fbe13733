using Notifier.Core.Events;

namespace Notifier.Core.Inbox;

/// <summary>Read marks in the memory of one process.</summary>
public sealed class MemoryReadMarks : IReadMarks
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, (LogPosition UpTo, bool IsTold)> _marks = new(StringComparer.Ordinal);

    public ValueTask<LogPosition> ReadAsync(string user, CancellationToken cancellationToken)
    {
        lock (_gate) return ValueTask.FromResult(_marks.GetValueOrDefault(user).UpTo);
    }

    public ValueTask<bool> RaiseAsync(string user, LogPosition upTo, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            var mark = _marks.GetValueOrDefault(user, (UpTo: LogPosition.Zero, IsTold: true));
            if (upTo > mark.UpTo) _marks[user] = mark = (upTo, IsTold: false);
            return ValueTask.FromResult(upTo == mark.UpTo && !mark.IsTold);
        }
    }

    public ValueTask ToldAsync(string user, LogPosition upTo, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_marks.TryGetValue(user, out var mark) && mark.UpTo == upTo) _marks[user] = (upTo, IsTold: true);
            return ValueTask.CompletedTask;
        }
    }
}
