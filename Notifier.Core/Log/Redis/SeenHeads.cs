using System.Collections.Concurrent;
using Notifier.Core.Events;
using Notifier.Core.Topics;

namespace Notifier.Core.Log.Redis;

/// <summary>
/// The highest position that this instance saw in each topic: what a log that lost its newest entries is found out by. Bounded to two generations
/// of <see cref="GenerationSize"/> topics: one that was not seen for so long is forgotten, and a loss in it goes unnoticed by this instance.
/// </summary>
internal sealed class SeenHeads
{
    private const int GenerationSize = 50_000;

    private readonly Lock _gate = new();
    private ConcurrentDictionary<TopicName, LogPosition> _young = new();
    private ConcurrentDictionary<TopicName, LogPosition> _old = new();

    public LogPosition this[TopicName topic] =>
        _young.TryGetValue(topic, out var position) || _old.TryGetValue(topic, out position) ? position : LogPosition.Zero;

    public void Raise(TopicName topic, LogPosition position)
    {
        var known = this[topic];
        _young.AddOrUpdate(topic, position > known ? position : known, (_, held) => position > held ? position : held);
        if (_young.Count <= GenerationSize) return;

        lock (_gate)
        {
            if (_young.Count <= GenerationSize) return;
            (_old, _young) = (_young, new());
        }
    }
}
