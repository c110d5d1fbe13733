using System.Globalization;

namespace Notifier.Tests.Presence;

/// <summary>Many users in one room, each on a stream of its own.</summary>
internal sealed class Crowd(string room, int size) : IDisposable
{
    private const int AtOnce = 100;

    private readonly CrowdMember[] _members = [.. Enumerable.Range(0, size).Select(n => new CrowdMember(room, string.Create(CultureInfo.InvariantCulture, $"user-{n:0000}")))];

    public IReadOnlyList<CrowdMember> Members => _members;

    /// <summary>Everybody who was told to any of them to have left, as often as it was.</summary>
    public int LeftTold => _members.Sum(member => member.LeftTold);

    /// <summary>Opens the stream of each, with its last id where it has one.</summary>
    public Task ComeAsync(Func<int, Uri> address) => ComeAsync(Enumerable.Range(0, size), address);

    public Task ComeAsync(IEnumerable<int> members, Func<int, Uri> address) =>
        Parallel.ForEachAsync(members, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (n, _) => await _members[n].ComeAsync(address(n)));

    /// <summary>Cuts all streams at once, each with a reset.</summary>
    public void Cut()
    {
        foreach (var member in _members) member.Cut();
    }

    public void Dispose() => Cut();
}
