using Notifier.Api.Access;
using Notifier.Api.Commands;
using Notifier.Api.Problems;
using Notifier.Api.Queries.Caching;
using Notifier.Core.Progress;
using Notifier.Core.Topics;

namespace Notifier.Api.Queries;

/// <summary>How far the learners of a track are.</summary>
internal static class TrackProgress
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapMethods("/api/tracks/{trackId}/progress", ReadMethods.All, ReadAsync).CacheOfTrack();

    private static async Task<IResult> ReadAsync(string trackId, Caller caller, ILessonProgress progress, CancellationToken cancellationToken)
    {
        if (!caller.MaySubscribeTo(TopicName.Class(trackId))) return Problem.Forbidden("The token's `rooms` do not name the class's room, class:{trackId}.");

        var learners = await progress.ReadAsync(trackId, cancellationToken);
        return TypedResults.Json(
            new Answer(trackId, [.. learners.Select(l => new Learner(l.UserId, l.Completed, Acknowledgement.Format(l.UpdatedAt)))]), NotifierJson.Plain.TrackProgressAnswer);
    }

    internal sealed record Answer(string TrackId, IReadOnlyList<Learner> Learners);

    internal sealed record Learner(string UserId, IReadOnlyList<string> Completed, string UpdatedAt);
}
