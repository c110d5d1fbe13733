using FluentValidation;
using Notifier.Api.Access;
using Notifier.Core.Events;
using Notifier.Core.Topics;

namespace Notifier.Api.Commands;

/// <summary>A message to one user, which all windows of both ends show.</summary>
internal static class SendPrivateMessage
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/api/users/{user}/messages", SendAsync).WithMetadata(new EventOf(EventType.PrivateMessage));

    private static async Task<IResult> SendAsync(
        string user, Command<Request> command, Caller caller, EventWriter writer, HttpContext http, CancellationToken cancellationToken)
    {
        var body = command.Body;
        var recipient = TopicName.User(caller.Resolve(user));
        var sender = TopicName.User((body.OnBehalfOf ?? caller.User).Id);
        var data = EventWriter.Encode(new PrivateMessageData(body.Text!, new(recipient.Subject), body.Data), NotifierJson.Plain.PrivateMessageData);
        EventDraft Draft(string? commandId) => EventWriter.Draft(caller, body, EventType.PrivateMessage, data, commandId);

        var isToOneself = sender.Equals(recipient);
        var draft = Draft(isToOneself ? null : EventWriter.NewCommandId());
        if ((writer.RefuseSize(recipient, draft) ?? writer.RefuseSize(sender, draft) ?? EventWriter.RefuseOnBehalf(caller, body)) is { } refused) return refused;

        var once = command.Once(caller, http);
        return isToOneself
            ? await writer.WriteAsync(caller, recipient, draft, new(once), cancellationToken)
            : await writer.WriteToBothAsync(caller, recipient, sender, draft, Draft, once, cancellationToken);
    }

    internal sealed record Request(string? Text, JsonData? Data, string? ClientMessageId, UserRef? OnBehalfOf) : ICommandBody;

    internal sealed class Validator : AbstractValidator<Request>
    {
        public Validator()
        {
            RuleFor(body => body.Text).Text();
            RuleFor(body => body.Data).OptionalObject();
            this.RuleForCommandBody();
        }
    }
}
