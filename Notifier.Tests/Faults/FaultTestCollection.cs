namespace Notifier.Tests.Faults;

/// <summary>Runs alone: what fails here must fail by the fault of the test, and not for want of a processor.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class FaultTestCollection : ICollectionFixture<FaultRig>
{
    public const string Name = "Faults";
}
