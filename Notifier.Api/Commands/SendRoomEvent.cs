using FluentValidation;
using Notifier.Api.Access;
using Notifier.Api.Problems;
using Notifier.Core.Events;
using Notifier.Core.Topics;

namespace Notifier.Api.Commands;

/// <summary>An event of a member's own type in a room, stored or ephemeral.</summary>
internal static class SendRoomEvent
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/api/rooms/{room}/events", SendAsync);

    private static async Task<IResult> SendAsync(
        string room, Command<Request> command, Caller caller, EventWriter writer, HttpContext http, CancellationToken cancellationToken)
    {
        var body = command.Body;
        if (!TryReadCondition(http.Request.Headers.IfMatch.ToString(), out var ifHead))
        {
            return Problem.Invalid("If-Match", "takes one event id in quotes, like \"1795164167186-0\"");
        }

        if (body.Ephemeral is true && ifHead is not null) return Problem.Invalid("If-Match", "does not go with `ephemeral`, which stores nothing");

        var topic = TopicName.Room(room);
        var draft = EventWriter.Draft(caller, body, body.Type!, body.Data.Utf8);
        if ((writer.RefuseSize(topic, draft) ?? EventWriter.RefuseSender(caller, topic) ?? EventWriter.RefuseOnBehalf(caller, body)) is { } refused) return refused;
        return body.Ephemeral is true
            ? await writer.SignalAsync(caller, topic, draft, cancellationToken)
            : await writer.WriteAsync(caller, topic, draft, new(command.Once(caller, http), ifHead), cancellationToken);
    }

    private static bool TryReadCondition(string header, out LogPosition? position)
    {
        position = null;
        if (header.Length == 0) return true;
        if (header.Length < 3 || header[0] != '"' || header[^1] != '"' || !LogPosition.TryParse(header.AsSpan(1, header.Length - 2), out var parsed)) return false;
        position = parsed;
        return true;
    }

    internal sealed record Request(string? Type, JsonData Data, string? ClientMessageId, bool? Ephemeral, UserRef? OnBehalfOf) : ICommandBody, ITypedBody;

    internal sealed class Validator : AbstractValidator<Request>
    {
        public Validator()
        {
            RuleFor(body => body.Type).PublishedType()
                .Must(type => type is null || !EventType.BelongsToCommand(type)).WithMessage("is written by a command of its own; use that, or choose another type");
            RuleFor(body => body.Data).AnyJson();
            this.RuleForCommandBody();
        }
    }
}
