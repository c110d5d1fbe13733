using System.Buffers.Binary;
using Notifier.Core.Events;
using Notifier.Core.Log;
using Notifier.Core.Log.Embedded;
using Notifier.Core.Topics;

namespace Notifier.Core.Progress;

/// <summary>Completions in the embedded log's journal. Record, count, both events and the once-key are one commit, so a failure leaves nothing half done.</summary>
public sealed class JournalLessonProgress : ILessonProgress
{
    private readonly JournalEventLog _log;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, SortedDictionary<string, List<Done>>> _tracks = new(StringComparer.Ordinal);

    public JournalLessonProgress(JournalEventLog log)
    {
        _log = log;
        log.State.Listen(StateSpace.Completion, OnCompleted);
    }

    public async ValueTask<CompletionResult> CompleteAsync(LessonCompletion completion, OnceKey? once, CancellationToken cancellationToken) =>
        await _log.WriteAsync(batch => Complete(batch, completion, once));

    public ValueTask<IReadOnlyList<LearnerProgress>> ReadAsync(string track, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            IReadOnlyList<LearnerProgress> learners = _tracks.TryGetValue(track, out var held)
                ? [.. held.Select(l => new LearnerProgress(l.Key, [.. l.Value.OrderBy(done => done.Position).Select(done => done.Lesson)], l.Value.Max(done => done.At)))]
                : [];
            return ValueTask.FromResult(learners);
        }
    }

    private static CompletionResult Complete(JournalBatch batch, LessonCompletion completion, OnceKey? once)
    {
        if (once is not null && StoredOnce.TryGet(batch, once, out var record))
        {
            var outcome = record.Fingerprint != once.Fingerprint ? CompletionOutcome.KeyTaken
                : record.WasRepeat ? CompletionOutcome.Again
                : CompletionOutcome.First;
            return new(outcome, record.Position, IsReplay: true);
        }

        // No name holds a blank.
        var key = $"{completion.Track} {completion.User} {completion.Lesson}";
        if (batch.TryGet(StateSpace.Completion, key, out var done))
        {
            var first = StoredPosition.Decode(done);
            if (once is not null) StoredOnce.Put(batch, once, new(once.Fingerprint, first, WasRepeat: true));
            return new(CompletionOutcome.Again, first);
        }

        var learner = $"{completion.Track} {completion.User}";
        var count = 1 + (batch.TryGet(StateSpace.CompletionCount, learner, out var before) ? BinaryPrimitives.ReadInt32LittleEndian(before) : 0);
        var draft = completion.ToDraft(count, LessonCompletion.Format(batch.Now), commandId: Guid.NewGuid().ToString("N"));
        var told = batch.Append(TopicName.Class(completion.Track), draft);
        batch.Append(TopicName.User(completion.User), draft);
        batch.Put(StateSpace.Completion, key, Encode(told, batch.Now));
        var counted = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(counted, count);
        batch.Put(StateSpace.CompletionCount, learner, counted);
        if (once is not null) StoredOnce.Put(batch, once, new(once.Fingerprint, told, draft.CommandId));
        return new(CompletionOutcome.First, told);
    }

    private static byte[] Encode(LogPosition position, DateTimeOffset at)
    {
        var value = new byte[StoredPosition.Bytes + sizeof(long)];
        StoredPosition.Write(value, position);
        BinaryPrimitives.WriteInt64LittleEndian(value.AsSpan(StoredPosition.Bytes), at.ToUnixTimeMilliseconds());
        return value;
    }

    private void OnCompleted(string key, byte[] value)
    {
        var names = key.Split(' ');
        var done = new Done(names[2], StoredPosition.Decode(value), DateTimeOffset.FromUnixTimeMilliseconds(BinaryPrimitives.ReadInt64LittleEndian(value.AsSpan(StoredPosition.Bytes))));
        lock (_gate)
        {
            if (!_tracks.TryGetValue(names[0], out var learners)) _tracks[names[0]] = learners = new(StringComparer.Ordinal);
            if (!learners.TryGetValue(names[1], out var lessons)) learners[names[1]] = lessons = [];
            if (!lessons.Exists(known => known.Lesson == done.Lesson)) lessons.Add(done);
        }
    }

    private readonly record struct Done(string Lesson, LogPosition Position, DateTimeOffset At);
}
