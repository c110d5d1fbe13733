namespace Notifier.Tests.Log.Embedded;

/// <summary>Runs alone: it starts a process again and again.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class CrashTestCollection
{
    public const string Name = "Crashes";
}
