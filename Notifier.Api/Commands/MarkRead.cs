using FluentValidation;
using Notifier.Api.Access;
using Notifier.Api.Problems;
using Notifier.Core.Events;
using Notifier.Core.Inbox;
using Notifier.Core.Log;
using Notifier.Core.Topics;

namespace Notifier.Api.Commands;

/// <summary>Moves a user's read mark, which all of their devices share, and tells them where it moved.</summary>
internal static class MarkRead
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/api/users/{user}/notifications/read", MarkAsync);

    private static async Task<IResult> MarkAsync(
        string user, Command<Request> command, Caller caller, UserInbox inbox, EventWriter writer, CommandPermits permits, IEventLog log, HttpContext http,
        CancellationToken cancellationToken)
    {
        var body = command.Body;
        var topic = TopicName.User(caller.Resolve(user));
        if (topic.Subject != caller.User.Id && !caller.IsPublisher) return Problem.Forbidden("Reading for somebody else takes the role publisher.");
        if ((EventWriter.RefuseOnBehalf(caller, body) ?? permits.Refuse(caller)) is { } refused) return refused;

        var claim = command.Once(caller, http) is { } once ? await log.ClaimAsync(once, cancellationToken) : ClaimOutcome.Claimed;
        if (claim == ClaimOutcome.Taken) return EventWriter.KeyTaken;
        if (claim == ClaimOutcome.Known) http.Response.Headers["Idempotent-Replayed"] = "true";

        var mark = LogPosition.TryParse(body.UpTo, out var upTo) ? await inbox.MarkAsync(topic.Subject, upTo, cancellationToken) : null;
        writer.Changed(topic);
        if (mark is not null)
        {
            var page = await inbox.ReadAsync(topic.Subject, unreadOnly: true, limit: 1, cancellationToken);
            var data = EventWriter.Encode(new ReadMarkData(mark.Value.ToString(), page.Unread), NotifierJson.Plain.ReadMarkData);
            var draft = EventWriter.Draft(caller, body, EventType.NotificationsRead, data);

            // A mark that was not told stays so until it was: whoever repeats the command then tells it. Keyed by the mark, so that of two at once one does.
            await writer.AppendAsync(topic, draft, new(OnceKey.Of(topic.Value, EventType.NotificationsRead, mark.Value.ToString(), default)), cancellationToken);
            await inbox.ToldAsync(topic.Subject, mark.Value, cancellationToken);
        }

        return TypedResults.NoContent();
    }

    internal sealed record Request(string? UpTo, string? ClientMessageId, UserRef? OnBehalfOf) : ICommandBody;

    internal sealed class Validator : AbstractValidator<Request>
    {
        public Validator()
        {
            RuleFor(body => body.UpTo).Must(upTo => LogPosition.TryParse(upTo, out _)).WithMessage("takes an event's id, like 1795164167186-0");
            this.RuleForCommandBody();
        }
    }
}
