namespace Notifier.Tests.Faults;

/// <summary>
/// Runs alone: in how many seconds something is refused, heals or comes back is asserted here, and must not fail for want of a processor. Tests of what is
/// lost, which mostly wait for faults to last, run beside others, each class on a rig of its own.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class FaultTestCollection : ICollectionFixture<FaultRig>
{
    public const string Name = "Faults";
}
