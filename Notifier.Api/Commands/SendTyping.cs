using FluentValidation;
using Notifier.Api.Access;
using Notifier.Core.Events;
using Notifier.Core.Presence;
using Notifier.Core.Topics;

namespace Notifier.Api.Commands;

/// <summary>Somebody types in a room, or has stopped: told at once, never stored.</summary>
internal static class SendTyping
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/api/rooms/{room}/typing", SendAsync);

    private static async Task<IResult> SendAsync(string room, Command<Request> command, Caller caller, Typing typing, CommandPermits permits, CancellationToken cancellationToken)
    {
        var topic = TopicName.Room(room);
        var forbidden = EventWriter.RefuseSender(caller, topic) ?? EventWriter.RefuseOnBehalf(caller, command.Body);
        if ((forbidden ?? permits.Refuse(caller, isEphemeral: true)) is { } refused) return refused;

        await typing.SendAsync(topic, command.Body.OnBehalfOf ?? caller.User, command.Body.Typing is true, cancellationToken);
        return TypedResults.StatusCode(StatusCodes.Status202Accepted);
    }

    internal sealed record Request(bool? Typing, string? ClientMessageId, UserRef? OnBehalfOf) : ICommandBody;

    internal sealed class Validator : AbstractValidator<Request>
    {
        public Validator()
        {
            RuleFor(body => body.Typing).NotNull().WithMessage("is required: true or false");
            this.RuleForCommandBody();
        }
    }
}
