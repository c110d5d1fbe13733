using FluentValidation;
using Notifier.Api.Access;
using Notifier.Core.Events;
using Notifier.Core.Topics;

namespace Notifier.Api.Commands;

/// <summary>A notification to one user.</summary>
internal static class Notify
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/api/users/{user}/notifications", SendAsync).WithMetadata(new EventOf(EventType.Notification));

    private static async Task<IResult> SendAsync(
        string user, Command<Request> command, Caller caller, EventWriter writer, HttpContext http, CancellationToken cancellationToken)
    {
        var body = command.Body;
        var topic = TopicName.User(caller.Resolve(user));
        var data = EventWriter.Encode(new NotificationData(body.Title, body.Message, body.Kind, body.Data), NotifierJson.Plain.NotificationData);
        var draft = EventWriter.Draft(caller, body, EventType.Notification, data);
        if ((writer.RefuseSize(topic, draft) ?? EventWriter.RefusePublisher(caller)) is { } refused) return refused;
        return await writer.WriteAsync(caller, topic, draft, new(command.Once(caller, http)), cancellationToken);
    }

    internal sealed record Request(string? Title, string? Message, string? Kind, JsonData? Data, string? ClientMessageId, UserRef? OnBehalfOf) : ICommandBody;

    internal sealed class Validator : AbstractValidator<Request>
    {
        public Validator()
        {
            RuleFor(body => body.Title).OptionalText(200);
            RuleFor(body => body.Message).OptionalText();
            RuleFor(body => body.Message).Must((body, message) => message is not null || body.Title is not null).WithMessage("or a title is required");
            RuleFor(body => body.Kind).OptionalLine(EventType.MaxLength);
            RuleFor(body => body.Data).OptionalObject();
            this.RuleForCommandBody();
        }
    }
}
