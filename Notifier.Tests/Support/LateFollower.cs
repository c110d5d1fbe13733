using Notifier.Core.Events;
using Notifier.Core.Log;

namespace Notifier.Tests.Support;

/// <summary>Holds back what is stored in a topic until <see cref="Release"/>, as bells do that were lost.</summary>
internal sealed class LateFollower : ILogFollower
{
    private readonly Queue<LoggedEvent> _held = new();
    private ILogFollower? _follower;

    /// <summary>Stands before <paramref name="follower"/>.</summary>
    public LateFollower Before(ILogFollower follower)
    {
        _follower = follower;
        return this;
    }

    public void OnStarted(LogPosition head) => _follower!.OnStarted(head);

    public void OnAppended(LoggedEvent logged) => _held.Enqueue(logged);

    public void OnSignal(EphemeralEvent ephemeral) => _follower!.OnSignal(ephemeral);

    public void Release()
    {
        while (_held.TryDequeue(out var logged)) _follower!.OnAppended(logged);
    }
}
