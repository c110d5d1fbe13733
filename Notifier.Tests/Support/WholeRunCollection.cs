namespace Notifier.Tests.Support;

/// <summary>What can only be said once every other test has run. Runs alone, and by <see cref="RunOrder"/> as the last of those that do.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class WholeRunCollection
{
    public const string Name = "The whole run";
}
