using System.Buffers.Binary;
using Notifier.Core.Log.Embedded;
using Notifier.Core.Topics;

namespace Notifier.Core.Revocation;

/// <summary>Refusals in the embedded log's journal: until when each lasts, which a later one may shorten.</summary>
public sealed class JournalRefusals(JournalEventLog log, TimeProvider clock) : IRefusals
{
    private readonly JournalValues _values = new(log, clock);

    public ValueTask RefuseAsync(string user, TopicName? topic, TimeSpan time, CancellationToken cancellationToken)
    {
        var until = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(until, (clock.GetUtcNow() + time).ToUnixTimeMilliseconds());
        return _values.PutAsync(Key(user, topic), until, time);
    }

    public ValueTask<TimeSpan?> FindAsync(string user, IEnumerable<TopicName> topics, CancellationToken cancellationToken)
    {
        var until = topics.Append(null).Max(topic => _values.Find(Key(user, topic)) is { } value ? BinaryPrimitives.ReadInt64LittleEndian(value) : 0);
        var left = until - clock.GetUtcNow().ToUnixTimeMilliseconds();
        return ValueTask.FromResult(left > 0 ? TimeSpan.FromMilliseconds(left) : (TimeSpan?)null);
    }

    private static string Key(string user, TopicName? topic) => $"refusal {user} {topic?.Value}";
}
