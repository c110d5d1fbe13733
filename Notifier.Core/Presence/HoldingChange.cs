namespace Notifier.Core.Presence;

/// <summary>What an instance holds of a user from now on; null: nothing.</summary>
public readonly record struct HoldingChange(string User, Holding? Holding);
