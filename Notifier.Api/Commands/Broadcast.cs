using FluentValidation;
using Notifier.Api.Access;
using Notifier.Core.Events;
using Notifier.Core.Topics;

namespace Notifier.Api.Commands;

/// <summary>An event to everybody.</summary>
internal static class Broadcast
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/api/broadcast", SendAsync);

    private static async Task<IResult> SendAsync(
        Command<Request> command, Caller caller, EventWriter writer, HttpContext http, CancellationToken cancellationToken)
    {
        var draft = EventWriter.Draft(caller, command.Body, command.Body.Type!, command.Body.Data.Utf8);
        if ((writer.RefuseSize(TopicName.All, draft) ?? EventWriter.RefusePublisher(caller)) is { } refused) return refused;
        return await writer.WriteAsync(caller, TopicName.All, draft, new(command.Once(caller, http)), cancellationToken);
    }

    internal sealed record Request(string? Type, JsonData Data, string? ClientMessageId, UserRef? OnBehalfOf) : ICommandBody, ITypedBody;

    internal sealed class Validator : AbstractValidator<Request>
    {
        public Validator()
        {
            RuleFor(body => body.Type).PublishedType();
            RuleFor(body => body.Data).AnyJson();
            this.RuleForCommandBody();
        }
    }
}
