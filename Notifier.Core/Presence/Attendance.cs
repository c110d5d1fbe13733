using Notifier.Core.Events;

namespace Notifier.Core.Presence;

/// <summary>One stream's place in its rooms: it watches them all, and is in them where it <see cref="JoinAsync">joins</see>.</summary>
/// <remarks>Used by its stream alone.</remarks>
public sealed class Attendance : IDisposable
{
    /// <summary>How long a stream waits until other instances can see it: they would see it later all the same.</summary>
    private static readonly TimeSpan MaxWait = TimeSpan.FromMilliseconds(500);

    private readonly Rooms _rooms;
    private readonly RoomPresence[] _watched;
    private readonly long[] _indexes;
    private string? _user;
    private bool _isDisposed;

    internal Attendance(Rooms rooms, RoomPresence[] watched)
    {
        _rooms = rooms;
        _watched = watched;
        _indexes = new long[watched.Length];
    }

    /// <summary>Counts the user as present, from now until the stream's end and the grace after it.</summary>
    public async ValueTask JoinAsync(UserRef user)
    {
        _user = user.Id;
        foreach (var room in _watched) room.Join(user);
        if (!_rooms.IsShared || _watched.Length == 0) return;
        try
        {
            await Task.WhenAll(_watched.Select(_rooms.WriteAsync)).WaitAsync(MaxWait, _rooms.Time);
        }
        catch (TimeoutException)
        {
            // The writing goes on; the stream does not wait for it.
        }
    }

    internal async Task LoadAsync(CancellationToken cancellationToken)
    {
        foreach (var room in _watched) await _rooms.LoadAsync(room, cancellationToken);
    }

    /// <summary>Who is there, for the stream's <c>welcome</c>; what <see cref="Read"/> gives adds to it.</summary>
    public IReadOnlyList<RoomListing> Greet()
    {
        var listings = new RoomListing[_watched.Length];
        for (var i = 0; i < listings.Length; i++) (listings[i], _indexes[i]) = _watched[i].Greet();
        return listings;
    }

    /// <summary>What a told change is to this stream; null: nothing that it does not know.</summary>
    public SseFrame? Read(PresenceEvent told)
    {
        var i = Array.FindIndex(_watched, room => ReferenceEquals(room.Telling, told.Telling));
        if (i < 0 || _indexes[i] >= told.Last) return null;
        if (!told.IsForAll && _indexes[i] != told.First) return _watched[i].CatchUp(ref _indexes[i]);
        _indexes[i] = told.Last;
        return told.Frame;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_isDisposed) return;
        _isDisposed = true;
        foreach (var room in _watched)
        {
            if (_user is not null) room.Leave(_user);
            room.Unwatch();
        }
    }
}
