using Notifier.Core.Topics;

namespace Notifier.Core.Revocation;

/// <summary>Refusals in the memory of one process. Bounded to those that are in force.</summary>
public sealed class MemoryRefusals(TimeProvider clock) : IRefusals
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string User, string Topic), DateTimeOffset> _until = [];

    public ValueTask RefuseAsync(string user, TopicName? topic, TimeSpan time, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            var now = clock.GetUtcNow();
            foreach (var (over, until) in _until)
            {
                if (until <= now) _until.Remove(over);
            }

            _until[(user, Name(topic))] = now + time;
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask<TimeSpan?> FindAsync(string user, IEnumerable<TopicName> topics, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_until.Count == 0) return ValueTask.FromResult<TimeSpan?>(null);
            var longest = topics.Append(null).Max(topic => _until.GetValueOrDefault((user, Name(topic))));
            var left = longest - clock.GetUtcNow();
            return ValueTask.FromResult<TimeSpan?>(left > TimeSpan.Zero ? left : null);
        }
    }

    private static string Name(TopicName? topic) => topic?.Value ?? "";
}
