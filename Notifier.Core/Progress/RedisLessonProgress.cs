using System.Globalization;
using Notifier.Core.Events;
using Notifier.Core.Log;
using Notifier.Core.Log.Redis;
using Notifier.Core.Topics;
using StackExchange.Redis;

namespace Notifier.Core.Progress;

/// <summary>
/// Completions in Redis, shared by all instances. Record, count and the class's event are one step in the class's slot; the learner's event lies in
/// another slot and follows it, keyed by the class's, so that whoever repeats the command finishes what a failure left undone.
/// </summary>
public sealed class RedisLessonProgress(RedisEventLog log, TimeProvider time) : ILessonProgress
{
    private const string DonePrefix = "done ";

    public async ValueTask<CompletionResult> CompleteAsync(LessonCompletion completion, OnceKey? once, CancellationToken cancellationToken)
    {
        var topic = TopicName.Class(completion.Track);
        var now = LessonCompletion.Format(time.GetUtcNow());
        var commandId = Guid.NewGuid().ToString("N");
        var learnerAndLesson = $"{completion.User} {completion.Lesson}";
        var (before, after) = SplitAtCount(completion.ToDraft(0, now, commandId));
        var answer = (string[])(await log.AppendAsync(
            topic,
            RedisScript.Complete,
            [log.Keys.Log(topic), log.Keys.Once(topic, once), log.Keys.Completions(completion.Track)],
            [
                learnerAndLesson, completion.User, now, EventType.ProgressUpdated, before, after, commandId,
                RedisEventLog.Fingerprint(once), (long)OnceKey.Life.TotalMilliseconds,
            ],
            cancellationToken))!;

        if (answer[0] == nameof(CompletionOutcome.KeyTaken) || !LogPosition.TryParse(answer[3], out var position)) return new(CompletionOutcome.KeyTaken, default);
        log.Saw(topic, position);

        var isReplay = answer[1] == "1";
        if (answer[2] == "1") return new(Enum.Parse<CompletionOutcome>(answer[0]), position, isReplay);

        var copy = completion.ToDraft(int.Parse(answer[6], CultureInfo.InvariantCulture), answer[4], answer[5]);
        await log.AppendAsync(TopicName.User(completion.User), copy, new(OnceKey.After(topic, position)), cancellationToken);
        var outcome = (string?)await log.Connection.RunAsync(
            RedisScript.Told, [log.Keys.Completions(completion.Track), log.Keys.Once(topic, once)], [learnerAndLesson, RedisEventLog.Fingerprint(once)],
            cancellationToken);
        return new(Enum.Parse<CompletionOutcome>(outcome!), position, isReplay);
    }

    public async ValueTask<IReadOnlyList<LearnerProgress>> ReadAsync(string track, CancellationToken cancellationToken)
    {
        var fields = await log.Connection.CallAsync(database => database.HashGetAllAsync(log.Keys.Completions(track)), cancellationToken);
        return
        [
            .. fields.Where(field => ((string)field.Name!).StartsWith(DonePrefix, StringComparison.Ordinal)).Select(Parse)
                .GroupBy(done => done.User, StringComparer.Ordinal).OrderBy(learner => learner.Key, StringComparer.Ordinal)
                .Select(learner => new LearnerProgress(
                    learner.Key, [.. learner.OrderBy(done => done.Position).Select(done => done.Lesson)], learner.Max(done => done.At))),
        ];
    }

    private static (string User, string Lesson, LogPosition Position, DateTimeOffset At) Parse(HashEntry field)
    {
        var name = ((string)field.Name!)[DonePrefix.Length..].Split(' ');
        var record = ((string)field.Value!).Split(' ');
        return LogPosition.TryParse(record[1], out var position)
            ? (name[0], name[1], position, DateTimeOffset.Parse(record[2], CultureInfo.InvariantCulture))
            : throw new FormatException($"'{field.Value}' is no completion.");
    }

    /// <summary>The event's body around the count, which only the script knows.</summary>
    private static (byte[] Before, byte[] After) SplitAtCount(EventDraft draft)
    {
        ReadOnlySpan<byte> member = "\"completedLessons\":"u8;
        var at = draft.Body.Span.LastIndexOf(member) + member.Length;
        return (draft.Body[..at].ToArray(), draft.Body[(at + 1)..].ToArray());
    }
}
