using Notifier.Core.Events;

namespace Notifier.Core.Inbox;

/// <summary>Read marks in the memory of one process.</summary>
public sealed class MemoryReadMarks : IReadMarks
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, LogPosition> _marks = new(StringComparer.Ordinal);

    public ValueTask<LogPosition> ReadAsync(string user, CancellationToken cancellationToken)
    {
        lock (_gate) return ValueTask.FromResult(_marks.GetValueOrDefault(user));
    }

    public ValueTask<bool> RaiseAsync(string user, LogPosition upTo, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (upTo <= _marks.GetValueOrDefault(user)) return ValueTask.FromResult(false);
            _marks[user] = upTo;
            return ValueTask.FromResult(true);
        }
    }
}
