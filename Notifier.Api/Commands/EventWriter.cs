using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Notifier.Api.Access;
using Notifier.Api.Problems;
using Notifier.Api.Queries.Caching;
using Notifier.Core.Events;
using Notifier.Core.Log;
using Notifier.Core.Metrics;
using Notifier.Core.Settings;
using Notifier.Core.Topics;

namespace Notifier.Api.Commands;

/// <summary>From a valid command to a stored event and its acknowledgement: who it is from, whether it fits, and that a repeat repeats nothing.</summary>
internal sealed class EventWriter(
    IEventLog log, LogOptions options, AnswerVersions answers, CommandPermits permits, TimeProvider time, NotifierMetrics metrics)
{
    /// <summary>Encodes an event's data.</summary>
    public static byte[] Encode<T>(T data, JsonTypeInfo<T> type) => JsonSerializer.SerializeToUtf8Bytes(data, type);

    /// <summary>The event before it is stored: <c>from</c> is the caller, or whom a publisher speaks for.</summary>
    public static EventDraft Draft(Caller caller, ICommandBody body, string type, ReadOnlyMemory<byte> data, string? commandId = null) =>
        new(type, body.OnBehalfOf ?? caller.User, data, body.OnBehalfOf is null ? null : caller.User, body.ClientMessageId, commandId);

    /// <summary>Why the caller may not speak for whom the body names; null where it may, or names nobody.</summary>
    public static Problem? RefuseOnBehalf(Caller caller, ICommandBody body) =>
        body.OnBehalfOf is null || caller.IsPublisher ? null : Problem.Forbidden("Speaking for somebody else (`onBehalfOf`) takes the role publisher.");

    /// <summary>Why the caller may not send in a room; null where it may.</summary>
    public static Problem? RefuseSender(Caller caller, TopicName room) =>
        caller.MaySendTo(room) ? null : Problem.Forbidden("The token's `rooms` do not name this room; sending takes them.");

    public static Problem? RefusePublisher(Caller caller) => caller.IsPublisher ? null : Problem.Forbidden("This command takes the role publisher.");

    /// <summary>Why an event is too large; null where it is not. Asked before the rights, as all that is said of a request's form is.</summary>
    public Problem? RefuseSize(TopicName topic, EventDraft draft) => RefuseSize(SseFrame.EnvelopeLength(topic, draft));

    public Problem? RefuseSize(int envelopeBytes) =>
        envelopeBytes <= options.MaxEventBytes
            ? null
            : new(StatusCodes.Status413PayloadTooLarge, $"The event would take more than {options.MaxEventBytes} bytes; send less, and the rest in a second one.") { Limit = RefusedLimit.Event };

    /// <summary>Stores one event, and drops the answers that do not show it.</summary>
    public async ValueTask<AppendResult> AppendAsync(TopicName topic, EventDraft draft, AppendTerms terms, CancellationToken cancellationToken)
    {
        try
        {
            return await log.AppendAsync(topic, draft, terms, cancellationToken);
        }
        finally
        {
            // What failed may have been stored all the same.
            Changed(topic);
        }
    }

    /// <summary>Drops the answers that show a topic; before the command that changed it is answered.</summary>
    public void Changed(TopicName topic) => answers.Changed(AnswerKind.Events, topic);

    /// <summary>Stores one event in one topic and answers for it. Size and rights were checked.</summary>
    public async Task<IResult> WriteAsync(Caller caller, TopicName topic, EventDraft draft, AppendTerms terms, CancellationToken cancellationToken)
    {
        if (permits.Refuse(caller) is { } refused) return refused;
        return Answer(topic, draft.Type, await AppendAsync(topic, draft, terms, cancellationToken));
    }

    /// <summary>
    /// Stores one event in two topics, the second keyed by the first's id: whoever repeats the command finishes what is incomplete and repeats nothing.
    /// Size and rights were checked.
    /// </summary>
    /// <param name="caller">Who sends it.</param>
    /// <param name="first">Where it is stored first.</param>
    /// <param name="second">Where it is stored then.</param>
    /// <param name="tried">The event.</param>
    /// <param name="draft">The same event with the command id of an earlier try.</param>
    /// <param name="once">The command's key.</param>
    /// <param name="cancellationToken">Given up.</param>
    public async Task<IResult> WriteToBothAsync(
        Caller caller, TopicName first, TopicName second, EventDraft tried, Func<string, EventDraft> draft, OnceKey? once, CancellationToken cancellationToken)
    {
        if (permits.Refuse(caller) is { } refused) return refused;
        var stored = await AppendAsync(first, tried, new(once), cancellationToken);
        if (stored.IsStored)
        {
            var copy = stored.CommandId == tried.CommandId ? tried : draft(stored.CommandId!);
            await AppendAsync(second, copy, new(once is null ? null : OnceKey.After(first, stored.Position)), cancellationToken);
        }

        return Answer(first, tried.Type, stored);
    }

    /// <summary>Tells an event to who is there now. Size and rights were checked.</summary>
    public async Task<IResult> SignalAsync(Caller caller, TopicName topic, EventDraft draft, CancellationToken cancellationToken)
    {
        if (permits.Refuse(caller, isEphemeral: true) is { } refused) return refused;
        await log.SignalAsync(topic, new(draft.Type, SseFrame.ForEphemeral(topic, time.GetUtcNow(), draft)), cancellationToken);
        metrics.PublishedEphemeral(draft.Type);
        return TypedResults.StatusCode(StatusCodes.Status202Accepted);
    }

    public static string NewCommandId() => Guid.NewGuid().ToString("N");

    public static Problem KeyTaken { get; } =
        new(StatusCodes.Status422UnprocessableEntity, "This Idempotency-Key came with another body before; use a new key for a new command.");

    private static IResult Answer(TopicName topic, string type, AppendResult result) => result.Outcome switch
    {
        AppendOutcome.KeyTaken => KeyTaken,
        AppendOutcome.HeadMoved => new Problem(StatusCodes.Status412PreconditionFailed, $"The topic's newest event is {result.Position}; read up to it, and try again with If-Match: \"{result.Position}\".")
        {
            NewestId = result.Position.ToString(),
        },
        _ => new Acknowledgement(topic, type, result.Position) { IsReplay = result.Outcome == AppendOutcome.Replayed },
    };
}
