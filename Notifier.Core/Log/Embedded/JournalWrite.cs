namespace Notifier.Core.Log.Embedded;

/// <summary>Something that waits to be written and made durable.</summary>
internal abstract class JournalWrite
{
    /// <summary>When it came.</summary>
    public long Stamp { get; set; }

    /// <summary>Decides what is written, on the writer's thread.</summary>
    public abstract void Decide(JournalBatch batch);

    /// <summary>What was decided is durable.</summary>
    public abstract void Complete();

    /// <summary>It is not, or nobody knows. Whoever fails it first is heard.</summary>
    public abstract void Fail(Exception cause);
}

/// <summary>One with an answer.</summary>
internal sealed class JournalWrite<T>(Func<JournalBatch, T> decide) : JournalWrite
{
    private readonly TaskCompletionSource<T> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? _decided;

    public Task<T> Answer => _answer.Task;

    public override void Decide(JournalBatch batch) => _decided = decide(batch);

    public override void Complete() => _answer.TrySetResult(_decided!);

    public override void Fail(Exception cause) => _answer.TrySetException(cause);
}
