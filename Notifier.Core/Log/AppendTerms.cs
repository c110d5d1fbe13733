using Notifier.Core.Events;

namespace Notifier.Core.Log;

/// <summary>On what terms an event is stored.</summary>
/// <param name="Once">Store it once for this key; null: each time.</param>
/// <param name="IfHead">Store it only where this is the topic's newest event; <c>0-0</c> where it holds none; null: always.</param>
public readonly record struct AppendTerms(OnceKey? Once = null, LogPosition? IfHead = null);
