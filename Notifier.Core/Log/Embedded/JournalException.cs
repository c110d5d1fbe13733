namespace Notifier.Core.Log.Embedded;

/// <summary>The journal cannot be opened; the message is for an operator, and says what to do.</summary>
public sealed class JournalException(string message, Exception? inner = null) : Exception(message, inner);
