namespace Notifier.Core.Presence;

/// <summary>A change of a room's members as the instance that made it tells the others.</summary>
/// <param name="Version">The room's version after it: one more than before it.</param>
/// <param name="Instance">Whose holdings changed.</param>
/// <param name="Changes">What it holds from now on.</param>
internal sealed record PresenceBell(long Version, string Instance, IReadOnlyList<HoldingChange> Changes);
