namespace Notifier.Tests.Hostile;

/// <summary>Runs alone: memory and percentiles are measured here, and nothing else may take part.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class HostileTestCollection
{
    public const string Name = "Hostile";
}
