using System.Collections.Concurrent;

namespace Notifier.Api.Streams;

/// <summary>The polls that wait here: what ends a stream at once has to find them too.</summary>
internal sealed class WaitingPolls
{
    private readonly ConcurrentDictionary<PollAnswer, byte> _polls = new();

    public bool IsEmpty => _polls.IsEmpty;

    public void Add(PollAnswer poll) => _polls.TryAdd(poll, 0);

    public void Remove(PollAnswer poll) => _polls.TryRemove(poll, out _);

    public void ForEach(Action<PollAnswer> action)
    {
        foreach (var (poll, _) in _polls) action(poll);
    }
}
