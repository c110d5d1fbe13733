using FluentValidation;
using FluentValidation.Results;
using Notifier.Api.Access;
using Notifier.Api.Problems;
using Notifier.Core.Events;
using Notifier.Core.Log;
using Notifier.Core.Topics;

namespace Notifier.Api.Commands;

/// <summary>Events to many topics in one request, valid as a whole or refused as a whole.</summary>
internal static class Publish
{
    private const int MaxBodyBytes = 1 << 20;
    private const int MaxItems = 100;
    private const int MaxTopics = 1000;

    /// <summary>Appends under way at once, so that a large batch fills the store's pipeline and does not flood it.</summary>
    private const int AppendsAtOnce = 512;

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/api/publish", SendAsync).WithMetadata(new BodyLimit(MaxBodyBytes));

    private static async Task<IResult> SendAsync(
        Command<PublishBatch> command, Caller caller, EventWriter writer, CommandPermits permits, IEventLog log, HttpContext http, CancellationToken cancellationToken)
    {
        var appends = new List<(TopicName Topic, EventDraft Draft)>();
        foreach (var item in command.Body.Items)
        {
            var commandId = item!.Topics!.Count > 1 ? EventWriter.NewCommandId() : null;
            var draft = EventWriter.Draft(caller, item, item.Type!, item.Data.Utf8, commandId);
            var topics = item.Topics.Select(caller.ResolveTopic).ToHashSet();
            if (topics.Count < item.Topics.Count) return Problem.Invalid("topics", "names a topic twice; each gets the event once");
            appends.AddRange(topics.Select(topic => (topic, draft)));
        }

        foreach (var (topic, draft) in appends)
        {
            if (writer.RefuseSize(topic, draft) is { } tooLarge) return tooLarge;
        }

        if ((EventWriter.RefusePublisher(caller) ?? permits.Refuse(caller)) is { } refused) return refused;

        var once = command.Once(caller, http);
        var claim = once is null ? ClaimOutcome.Claimed : await log.ClaimAsync(once, cancellationToken);
        if (claim == ClaimOutcome.Taken) return EventWriter.KeyTaken;

        var entries = new List<Entry>(appends.Count);
        foreach (var chunk in appends.Select((append, index) => (append.Topic, append.Draft, Index: index)).Chunk(AppendsAtOnce))
        {
            var stored = Array.ConvertAll(chunk, c => AppendAsync(writer, c.Topic, c.Draft, once?.Part(c.Index), cancellationToken));
            foreach (var append in stored) entries.Add(await append);
        }

        if (entries.TrueForAll(entry => entry.Problem is not null)) return Problem.StoreAway;
        if (claim == ClaimOutcome.Known) http.Response.Headers["Idempotent-Replayed"] = "true";
        return TypedResults.Json(new Answer(entries), NotifierJson.Plain.PublishAnswer, statusCode: StatusCodes.Status201Created);
    }

    private static async Task<Entry> AppendAsync(
        EventWriter writer, TopicName topic, EventDraft draft, OnceKey? once, CancellationToken cancellationToken)
    {
        try
        {
            var result = await writer.AppendAsync(topic, draft, new(once), cancellationToken);
            return new(topic.Value, result.Position.ToString(), draft.Type, Acknowledgement.Format(result.Position.At));
        }
        catch (LogUnavailableException)
        {
            return new(topic.Value, Problem: Problem.StoreAway.Detail);
        }
    }

    internal sealed record Entry(string Topic, string? Id = null, string? Type = null, string? At = null, string? Problem = null);

    internal sealed record Answer(IReadOnlyList<Entry> Results);

    internal sealed class Validator : AbstractValidator<PublishBatch>
    {
        public Validator()
        {
            RuleFor(batch => batch.Items).Must(items => items.Count is >= 1 and <= MaxItems)
                .WithMessage($"takes 1 to {MaxItems} events in one array").OverridePropertyName("$");
            RuleForEach(batch => batch.Items).NotNull().WithMessage("takes a JSON object").SetValidator(new ItemValidator()!)
                .When(batch => batch.Items.Count <= MaxItems);
        }

        // Fields as the body has them: an array has no name, and a single event no index.
        public override ValidationResult Validate(ValidationContext<PublishBatch> context)
        {
            var result = base.Validate(context);
            foreach (var failure in result.Errors)
            {
                if (!failure.PropertyName.StartsWith("items[", StringComparison.Ordinal)) continue;
                failure.PropertyName = context.InstanceToValidate.IsArray ? failure.PropertyName["items".Length..] : failure.PropertyName[("items[0]".Length + 1)..];
            }

            return result;
        }
    }

    private sealed class ItemValidator : AbstractValidator<PublishItem>
    {
        public ItemValidator()
        {
            RuleFor(item => item.Topics).Must(topics => topics is { Count: >= 1 and <= MaxTopics }).WithMessage($"takes 1 to {MaxTopics} topics");
            RuleForEach(item => item.Topics).Must(topic => TopicName.TryParse(topic, out _))
                .WithMessage("takes room:{room}, user:{user} or all").When(item => item.Topics is { Count: <= MaxTopics });
            RuleFor(item => item.Type).PublishedType();
            RuleFor(item => item.Data).AnyJson();
            this.RuleForCommandBody();
        }
    }
}
