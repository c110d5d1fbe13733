namespace Notifier.Core.Log;

/// <summary>The store cannot be reached. A read may be retried; a retried append is safe only with a once-key.</summary>
public sealed class LogUnavailableException(string message, Exception? inner = null) : Exception(message, inner);
