using Notifier.Core.Log;

namespace Notifier.Core.Progress;

/// <summary>Which learner completed which lesson. Records are kept for ever; each is told once, to the class and to the learner.</summary>
public interface ILessonProgress
{
    /// <summary>
    /// Records a completion where it is the first of its lesson and learner, and stores its event in the class's room and in the learner's topic.
    /// A repeat after a failure finishes what the first one left undone.
    /// </summary>
    /// <exception cref="LogUnavailableException">The store cannot be reached; it is safe to repeat.</exception>
    ValueTask<CompletionResult> CompleteAsync(LessonCompletion completion, OnceKey? once, CancellationToken cancellationToken);

    /// <summary>Every learner of a track, by user id.</summary>
    /// <exception cref="LogUnavailableException">The store cannot be reached.</exception>
    ValueTask<IReadOnlyList<LearnerProgress>> ReadAsync(string track, CancellationToken cancellationToken);
}
