using Notifier.Core.Topics;

namespace Notifier.Api.Queries.Caching;

/// <summary>
/// How often what an answer shows has changed at this instance. The number is part of a cached answer's key: who asks after a change never meets an
/// answer from before it, not even one that was being made while it happened. Topics share a fixed number of slots; a collision costs one read.
/// </summary>
internal sealed class AnswerVersions
{
    private const int Slots = 8192;

    private readonly long[] _versions = new long[Slots];

    /// <summary>The number for what <paramref name="kind"/> of answer shows of a topic; of all topics, where it is null.</summary>
    public long this[AnswerKind kind, TopicName? topic] => Volatile.Read(ref _versions[Slot(kind, topic)]);

    public void Changed(AnswerKind kind, TopicName? topic) => Interlocked.Increment(ref _versions[Slot(kind, topic)]);

    private static int Slot(AnswerKind kind, TopicName? topic) => HashCode.Combine(kind, topic) & (Slots - 1);
}
