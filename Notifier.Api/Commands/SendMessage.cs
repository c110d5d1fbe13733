using FluentValidation;
using Notifier.Api.Access;
using Notifier.Core.Events;
using Notifier.Core.Topics;

namespace Notifier.Api.Commands;

/// <summary>A message in a room.</summary>
internal static class SendMessage
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/api/rooms/{room}/messages", SendAsync).WithMetadata(new EventOf(EventType.Message));

    private static async Task<IResult> SendAsync(
        string room, Command<Request> command, Caller caller, EventWriter writer, HttpContext http, CancellationToken cancellationToken)
    {
        var topic = TopicName.Room(room);
        var data = EventWriter.Encode(new MessageData(command.Body.Text!, command.Body.Data), NotifierJson.Plain.MessageData);
        var draft = EventWriter.Draft(caller, command.Body, EventType.Message, data);
        if ((writer.RefuseSize(topic, draft) ?? EventWriter.RefuseSender(caller, topic) ?? EventWriter.RefuseOnBehalf(caller, command.Body)) is { } refused) return refused;
        return await writer.WriteAsync(caller, topic, draft, new(command.Once(caller, http)), cancellationToken);
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
