using FluentValidation;
using Notifier.Api.Access;
using Notifier.Api.Problems;
using Notifier.Core.Events;
using Notifier.Core.Progress;
using Notifier.Core.Topics;

namespace Notifier.Api.Commands;

/// <summary>A learner completed a lesson: recorded once, told to the class and to the learner.</summary>
internal static class CompleteLesson
{
    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapPost("/api/tracks/{trackId}/lessons/{lessonId}/complete", CompleteAsync).WithMetadata(new OptionalBody(), new EventOf(EventType.ProgressUpdated));

    private static async Task<IResult> CompleteAsync(
        string trackId, string lessonId, Command<Request> command, Caller caller, ILessonProgress progress, EventWriter writer, CommandPermits permits, HttpContext http,
        CancellationToken cancellationToken)
    {
        var body = command.Body;
        var topic = TopicName.Class(trackId);
        var from = body.OnBehalfOf ?? caller.User;
        var learner = body.UserId is null ? from.Id : caller.Resolve(body.UserId);
        var completion = new LessonCompletion(trackId, lessonId, learner, from, body.OnBehalfOf is null ? null : caller.User, body.ClientMessageId);
        if ((writer.RefuseSize(completion.MaxEnvelopeLength) ?? Forbid(caller, topic, body, learner != from.Id) ?? permits.Refuse(caller)) is { } refused) return refused;

        var result = await progress.CompleteAsync(completion, command.Once(caller, http), cancellationToken);
        writer.Changed(topic);
        writer.Changed(TopicName.User(learner));
        return result.Outcome == CompletionOutcome.KeyTaken
            ? EventWriter.KeyTaken
            : new Acknowledgement(topic, EventType.ProgressUpdated, result.Position)
            {
                Status = result.Outcome == CompletionOutcome.First ? StatusCodes.Status201Created : StatusCodes.Status200OK,
                IsReplay = result.IsReplay,
            };
    }

    private static Problem? Forbid(Caller caller, TopicName topic, Request body, bool isForAnother)
    {
        if (!caller.MaySendTo(topic)) return Problem.Forbidden("The token's `rooms` do not name the class's room, class:{trackId}; completing takes them.");
        if (EventWriter.RefuseOnBehalf(caller, body) is { } refused) return refused;
        return isForAnother && !caller.MayCompleteForOthers ? Problem.Forbidden("Completing for somebody else takes the role instructor or publisher.") : null;
    }

    internal sealed record Request(string? UserId, string? ClientMessageId, UserRef? OnBehalfOf) : ICommandBody;

    internal sealed class Validator : AbstractValidator<Request>
    {
        public Validator()
        {
            RuleFor(body => body.UserId).Must(user => user is null || EntityName.IsValid(user)).WithMessage(EntityName.Rule);
            this.RuleForCommandBody();
        }
    }
}
