namespace Notifier.Core.Events;

/// <summary>A user as events name one: the id, and a name for people where there is one.</summary>
public sealed record UserRef(string Id, string? Name = null);
