using Notifier.Core.Events;

namespace Notifier.Core.Log.Memory;

/// <summary>What an append with a once-key did the first time.</summary>
/// <param name="Fingerprint">Of the body that it came with.</param>
/// <param name="Position">Where its event is stored.</param>
/// <param name="CommandId">Its event's command id.</param>
/// <param name="WasRepeat">It found the same done before under another key, and stored no event.</param>
internal readonly record struct OnceRecord(string Fingerprint, LogPosition Position, string? CommandId = null, bool WasRepeat = false);
