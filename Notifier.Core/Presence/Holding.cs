using Notifier.Core.Events;

namespace Notifier.Core.Presence;

/// <summary>What one instance, or all of them together, hold of a user in a room.</summary>
/// <param name="User">Who.</param>
/// <param name="Connections">Streams that are open; 0 while the grace after the last one runs.</param>
/// <param name="Since">When the user came.</param>
public sealed record Holding(UserRef User, int Connections, DateTimeOffset Since);
