namespace Notifier.Core.Presence;

/// <summary>A room as the store has it.</summary>
/// <param name="Version">Grows with every change; 0 where nobody was there lately.</param>
/// <param name="Others">What other living instances hold.</param>
/// <param name="Own">What this instance has written.</param>
internal sealed record SharedRoom(long Version, IReadOnlyList<(string Instance, Holding Holding)> Others, IReadOnlyList<Holding> Own);
