namespace Notifier.Api.Commands;

/// <summary>The type of event that a command writes: what its route says, or where that leaves it open, its body.</summary>
internal sealed record EventOf(string Type);
