using System.Text;
using Notifier.Core.Log.Memory;

namespace Notifier.Core.Log.Embedded;

/// <summary>Once-keys as kept values: position, whether it was a repeat, then fingerprint and command id with a blank between them.</summary>
internal static class StoredOnce
{
    public static bool TryGet(JournalBatch batch, OnceKey key, out OnceRecord record)
    {
        record = default;
        if (!batch.TryGet(StateSpace.Once, key.Value, out var value)) return false;
        var text = Encoding.UTF8.GetString(value.AsSpan(StoredPosition.Bytes + 1));
        var blank = text.IndexOf(' ', StringComparison.Ordinal);
        record = new(
            blank < 0 ? text : text[..blank], StoredPosition.Decode(value), blank < 0 ? null : text[(blank + 1)..], WasRepeat: value[StoredPosition.Bytes] == 1);
        return true;
    }

    public static void Put(JournalBatch batch, OnceKey key, OnceRecord record)
    {
        var text = record.CommandId is null ? record.Fingerprint : $"{record.Fingerprint} {record.CommandId}";
        var value = new byte[StoredPosition.Bytes + 1 + Encoding.UTF8.GetByteCount(text)];
        StoredPosition.Write(value, record.Position);
        value[StoredPosition.Bytes] = record.WasRepeat ? (byte)1 : (byte)0;
        Encoding.UTF8.GetBytes(text, value.AsSpan(StoredPosition.Bytes + 1));
        batch.Put(StateSpace.Once, key.Value, value, OnceKey.Life);
    }
}
