namespace Notifier.Core.Log.Embedded;

/// <summary>
/// Small values of other parts in the embedded log's journal: durable once they are put, all of them in memory. Keys are the callers' to tell apart,
/// by a prefix each.
/// </summary>
public sealed class JournalValues(JournalEventLog log, TimeProvider time)
{
    /// <summary>
    /// Keeps a value until <paramref name="life"/> has passed; null: for ever. A key's value never goes before an earlier one of the same key would have
    /// gone; to take one back, put an empty one.
    /// </summary>
    /// <exception cref="LogUnavailableException">The disk cannot be written; it is safe to repeat.</exception>
    public async ValueTask PutAsync(string key, ReadOnlyMemory<byte> value, TimeSpan? life = null)
    {
        var kept = value.ToArray();
        await log.WriteAsync(batch =>
        {
            batch.Put(StateSpace.Value, key, kept, life);
            return true;
        });
    }

    /// <summary>The value of a key; null where there is none, or an empty one.</summary>
    public byte[]? Find(string key) =>
        log.State.TryGet(StateSpace.Value, key, time.GetUtcNow().ToUnixTimeMilliseconds(), out var value) && value.Length > 0 ? value : null;

    /// <summary>All values whose keys begin with <paramref name="prefix"/>, in no order.</summary>
    public IReadOnlyList<KeyValuePair<string, byte[]>> List(string prefix) => log.State.List(StateSpace.Value, prefix, time.GetUtcNow().ToUnixTimeMilliseconds());
}
