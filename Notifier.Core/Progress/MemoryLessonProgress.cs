using Notifier.Core.Events;
using Notifier.Core.Log;
using Notifier.Core.Log.Memory;
using Notifier.Core.Topics;

namespace Notifier.Core.Progress;

/// <summary>Completions in the memory of one process; as durable as its log. Grows with the completions, which are never dropped.</summary>
/// <remarks>One lock makes record, count and both events one step; it is taken before those of the log.</remarks>
public sealed class MemoryLessonProgress(MemoryEventLog log, TimeProvider time) : ILessonProgress
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, SortedDictionary<string, Learner>> _tracks = [];

    public ValueTask<CompletionResult> CompleteAsync(LessonCompletion completion, OnceKey? once, CancellationToken cancellationToken)
    {
        lock (_gate) return ValueTask.FromResult(Complete(completion, once));
    }

    public ValueTask<IReadOnlyList<LearnerProgress>> ReadAsync(string track, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            IReadOnlyList<LearnerProgress> learners = _tracks.TryGetValue(track, out var held)
                ? [.. held.Select(l => new LearnerProgress(l.Key, [.. l.Value.Lessons], l.Value.UpdatedAt))]
                : [];
            return ValueTask.FromResult(learners);
        }
    }

    private CompletionResult Complete(LessonCompletion completion, OnceKey? once)
    {
        if (once is not null && log.Once.TryGet(once, out var record))
        {
            var outcome = record.Fingerprint != once.Fingerprint ? CompletionOutcome.KeyTaken
                : record.WasRepeat ? CompletionOutcome.Again
                : CompletionOutcome.First;
            return new(outcome, record.Position, IsReplay: true);
        }

        if (!_tracks.TryGetValue(completion.Track, out var learners)) _tracks[completion.Track] = learners = new(StringComparer.Ordinal);
        if (!learners.TryGetValue(completion.User, out var learner)) learners[completion.User] = learner = new();
        if (learner.Positions.TryGetValue(completion.Lesson, out var first))
        {
            if (once is not null) log.Once.Add(once, new(once.Fingerprint, first, WasRepeat: true));
            return new(CompletionOutcome.Again, first);
        }

        var now = time.GetUtcNow();
        var draft = completion.ToDraft(learner.Lessons.Count + 1, LessonCompletion.Format(now), commandId: Guid.NewGuid().ToString("N"));
        var told = log.Append(TopicName.Class(completion.Track), draft, new(once));
        log.Append(TopicName.User(completion.User), draft, default);
        learner.Lessons.Add(completion.Lesson);
        learner.Positions.Add(completion.Lesson, told.Position);
        learner.UpdatedAt = now;
        return new(CompletionOutcome.First, told.Position);
    }

    private sealed class Learner
    {
        public List<string> Lessons { get; } = [];

        public Dictionary<string, LogPosition> Positions { get; } = new(StringComparer.Ordinal);

        public DateTimeOffset UpdatedAt { get; set; }
    }
}
