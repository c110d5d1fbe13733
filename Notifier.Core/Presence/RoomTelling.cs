using Notifier.Core.Events;
using Notifier.Core.Topics;

namespace Notifier.Core.Presence;

/// <summary>
/// What a room's subscribers here have been told of its members. A stream that opened between two tellings has in its <c>welcome</c> what the others
/// are about to be told, so its next event tells the rest alone; likewise one that was too slow for the event before.
/// </summary>
/// <remarks>Not thread-safe: its owner locks.</remarks>
internal sealed class RoomTelling(TopicName room, RoomMembers members, int maxListed)
{
    private long _told;
    private long _lookedAt;
    private int _toldCount;
    private bool _isUnlisted;
    private long _listedSince;
    private List<UserRef> _lastListed = [];

    /// <summary>True where something changed since it was last looked at.</summary>
    public bool IsDue => members.Index != _lookedAt;

    private bool IsOver => members.Count > maxListed || maxListed == 0;

    /// <summary>The room for a <c>welcome</c>, and the index that its listing stands at.</summary>
    public (RoomListing Listing, long Index) Greet() => (new(room, members.Count, IsOver ? null : Listed()), members.Index);

    /// <summary>What there is to tell; null where it comes to nothing.</summary>
    public PresenceEvent? Next()
    {
        _lookedAt = members.Index;
        if (IsOver)
        {
            if (!_isUnlisted) _lastListed = ListedAt(_told);
            _isUnlisted = true;
            return members.Count == _toldCount ? null : Told(CountAlone(), isForAll: true);
        }

        if (_isUnlisted || members.Since(_told) is not { } net)
        {
            // Pages that were told counts alone hold no names, or old ones: they get everybody, and who of the old ones is gone.
            var whole = Whole();
            (_isUnlisted, _lastListed, _listedSince) = (false, [], members.Index);
            return Told(whole, isForAll: true);
        }

        return net is { Joined: [], Left: [] } ? null : Told(Difference(net.Joined, net.Left), isForAll: false);
    }

    /// <summary>The frame for a stream whose listing stands at <paramref name="index"/>, which moves; null where it knows.</summary>
    public SseFrame? CatchUp(ref long index)
    {
        var from = index;
        if (from == members.Index) return null;
        index = members.Index;
        if (IsOver) return CountAlone();
        if (from < _listedSince || _isUnlisted || members.Since(from) is not { } net) return Whole();
        return net is { Joined: [], Left: [] } ? null : Difference(net.Joined, net.Left);
    }

    private PresenceEvent Told(SseFrame frame, bool isForAll)
    {
        var first = _told;
        (_told, _toldCount) = (members.Index, members.Count);
        return new(this, frame, first, _told, isForAll);
    }

    private List<UserRef> Listed() => [.. members.Users.OrderBy(user => user.Id, StringComparer.Ordinal)];

    private List<UserRef> ListedAt(long index) => members.Since(index) is { } net ? [.. members.Users.Except(net.Joined), .. net.Left] : [];

    private SseFrame CountAlone() => Frame(null, null);

    private SseFrame Whole() => Frame(Listed(), [.. _lastListed.Where(user => members[user.Id] is null)]);

    private SseFrame Difference(List<UserRef> joined, List<UserRef> left) => Frame(joined, left);

    private SseFrame Frame(List<UserRef>? joined, List<UserRef>? left) => PresenceJson.Frame(EventType.Presence, writer =>
    {
        writer.WriteString("topic"u8, room.Value);
        writer.WriteNumber("count"u8, members.Count);
        if (joined is not null) PresenceJson.WriteUsers(writer, "joined"u8, joined);
        if (left is not null) PresenceJson.WriteUsers(writer, "left"u8, left);
    });
}
