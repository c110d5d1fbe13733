using FluentValidation;
using Notifier.Api.Access;
using Notifier.Api.Problems;
using Notifier.Core.Tickets;
using Notifier.Core.Topics;

namespace Notifier.Api.Commands;

/// <summary>A ticket that opens one stream, for clients that cannot set a header.</summary>
internal static class IssueTicket
{
    private const int MaxTopics = 64;

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/api/tickets", IssueAsync).WithMetadata(new OptionalBody());

    private static async Task<IResult> IssueAsync(
        Command<Request> command, Caller caller, ITickets tickets, CommandPermits permits, HttpContext http, CancellationToken cancellationToken)
    {
        List<string>? topics = null;
        foreach (var name in command.Body.Topics ?? [])
        {
            var topic = caller.ResolveTopic(name);
            if (!caller.MaySubscribeTo(topic)) return Problem.Forbidden($"You may not subscribe to {topic}.");
            (topics ??= []).Add(topic.Value);
        }

        if (permits.Refuse(caller) is { } refused) return refused;

        var ticket = await tickets.IssueAsync(TicketAuthentication.For(http.User, topics, caller.ExpiresAt), cancellationToken);
        return TypedResults.Json(new Answer(ticket, (int)Ticket.Life.TotalSeconds), NotifierJson.Plain.IssueTicketAnswer, statusCode: StatusCodes.Status201Created);
    }

    internal sealed record Request(IReadOnlyList<string?>? Topics);

    internal sealed record Answer(string Ticket, int ExpiresInSeconds);

    internal sealed class Validator : AbstractValidator<Request>
    {
        public Validator()
        {
            RuleFor(body => body.Topics).Must(topics => topics is null or { Count: >= 1 and <= MaxTopics }).WithMessage($"takes 1 to {MaxTopics} topics");
            RuleForEach(body => body.Topics).Must(topic => TopicName.TryParse(topic, out _)).WithMessage("takes room:{room}, user:{user} or all");
        }
    }
}
