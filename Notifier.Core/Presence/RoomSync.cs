using System.Collections.Concurrent;
using Notifier.Core.Log;

namespace Notifier.Core.Presence;

/// <summary>
/// Keeps rooms and store alike: writes what changed here, in batches, one at a time for each room; reads what was not heard. What fails is done again.
/// </summary>
internal sealed class RoomSync(IPresenceStore store, TimeProvider time)
{
    /// <summary>Users in one write.</summary>
    private const int BatchUsers = 256;

    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan CountInterval = TimeSpan.FromMilliseconds(200);

    private readonly ConcurrentDictionary<RoomPresence, byte> _uncounted = new();
    private Task _counting = Task.CompletedTask;
    private long _countedAt;

    /// <summary>Completes once what changed in the room so far is written, or the store was found away.</summary>
    public async Task WriteAsync(RoomPresence room)
    {
        await Begin();
        if (room.IsWriteNeeded) await Begin();

        Task Begin()
        {
            lock (room.Work.Gate)
            {
                if (room.Work.Writing is not { IsCompleted: false }) room.Work.Writing = WriteAllAsync(room);
                return room.Work.Writing;
            }
        }
    }

    /// <summary>Reads a room that nobody watched until now, once for all who come together.</summary>
    /// <exception cref="LogUnavailableException">The store cannot be reached.</exception>
    public Task LoadAsync(RoomPresence room, CancellationToken cancellationToken)
    {
        if (room.IsCurrent) return Task.CompletedTask;
        return Read(room).WaitAsync(cancellationToken);
    }

    /// <summary>Begins what a room needs, where it is time.</summary>
    public void Work(RoomPresence room, long now)
    {
        if (room.CountToWrite() is not null) _uncounted.TryAdd(room, 0);
        if (now < room.Work.NotBefore) return;
        if (room.IsWriteNeeded) _ = WriteAsync(room);
        if (room.IsReadNeeded) _ = TryReadAsync(room);
    }

    /// <summary>Compares the room's version with what was heard.</summary>
    public async Task CheckAsync(RoomPresence room)
    {
        try
        {
            room.Doubt(await store.ReadVersionAsync(room.Topic, CancellationToken.None));
        }
        catch (LogUnavailableException)
        {
            // The next check asks again, and so does the connection when it is back.
        }
    }

    /// <summary>Writes the counts that changed, all together, at most every 200 ms.</summary>
    public void WriteCounts()
    {
        if (_uncounted.IsEmpty || !_counting.IsCompleted || time.GetElapsedTime(_countedAt) < CountInterval) return;
        _countedAt = time.GetTimestamp();
        _counting = WriteCountsAsync();
    }

    private async Task WriteCountsAsync()
    {
        var rooms = _uncounted.Keys.ToArray();
        foreach (var room in rooms) _uncounted.TryRemove(room, out _);
        var counts = rooms.Select(room => (Room: room, Count: room.CountToWrite())).Where(c => c.Count is not null).ToArray();
        if (counts.Length == 0) return;
        try
        {
            await store.WriteCountsAsync([.. counts.Select(c => (c.Room.Topic, c.Count!.Value))], CancellationToken.None);
            foreach (var (room, count) in counts) room.CountWritten(count!.Value);
        }
        catch (LogUnavailableException)
        {
            // The rooms still ask for it, and are found again by the next tick.
        }
    }

    private async Task WriteAllAsync(RoomPresence room)
    {
        // Off the caller's lock; and who comes together is written together.
        await Task.Yield();
        while (room.TakeUnwritten(BatchUsers) is { Count: > 0 } changes)
        {
            try
            {
                await store.WriteAsync(room.Topic, changes, CancellationToken.None);
            }
            catch (LogUnavailableException)
            {
                room.PutBack(changes);
                Delay(room);
                return;
            }
        }
    }

    private Task Read(RoomPresence room)
    {
        lock (room.Work.Gate)
        {
            if (room.Work.Loading is not { IsCompleted: false }) room.Work.Loading = ReadAsync(room);
            return room.Work.Loading;
        }
    }

    private async Task ReadAsync(RoomPresence room)
    {
        await Task.Yield();
        room.Load(await store.ReadAsync(room.Topic, CancellationToken.None));
    }

    private async Task TryReadAsync(RoomPresence room)
    {
        try
        {
            await Read(room);
        }
        catch (LogUnavailableException)
        {
            Delay(room);
        }
    }

    private void Delay(RoomPresence room) => room.Work.NotBefore = time.GetTimestamp() + (long)(RetryDelay.TotalSeconds * time.TimestampFrequency);
}
