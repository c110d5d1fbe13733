namespace Notifier.Core.Progress;

/// <summary>How far one learner of a track is.</summary>
/// <param name="UserId">The learner.</param>
/// <param name="Completed">Lessons in the order in which they were completed.</param>
/// <param name="UpdatedAt">When the newest of them was.</param>
public sealed record LearnerProgress(string UserId, IReadOnlyList<string> Completed, DateTimeOffset UpdatedAt);
