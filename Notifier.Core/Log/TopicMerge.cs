namespace Notifier.Core.Log;

/// <summary>
/// Several topics as one: what waits in them goes out in the order in which it was stored. Of each topic the next thing is held, and the oldest of the held
/// events is next; a signal is of this moment, and a gap stands before all that follows, so both go first.
/// </summary>
/// <remarks>A topic in which nothing was found is asked again once its tail has moved: until then it costs a read one number.</remarks>
internal sealed class TopicMerge(TopicCursor[] cursors)
{
    /// <summary>Reads for each topic that a held thing waits at most: one whose clock is ahead, as a failover leaves it, must not wait for ever behind a busy one.</summary>
    private const int MaxPassed = 1024;

    private readonly Place[] _places = new Place[cursors.Length];
    private long _reads;

    /// <summary>Hands out the next thing that is at hand, and moves its cursor past it.</summary>
    public bool TryRead(out Delivery delivery)
    {
        _reads++;

        // Again after each find: what was stored before it may have come to a topic that was asked before it was there.
        while (HoldsMore())
        {
        }

        var next = Choose();
        if (next < 0)
        {
            delivery = default;
            return false;
        }

        delivery = _places[next].Held!.Value;
        _places[next].Held = null;
        cursors[next].MovePast(delivery);
        return true;
    }

    /// <summary>Looks once into each topic of which nothing is held; true where something was found.</summary>
    private bool HoldsMore()
    {
        var isMore = false;
        for (var i = 0; i < cursors.Length; i++)
        {
            // A topic whose page has to be read first is asked as soon as that is there.
            ref var place = ref _places[i];
            if (place.Held is not null || cursors[i].IsElsewhere) continue;

            // Taken before the look: what comes after it moves the tail on.
            var moves = cursors[i].Tail.Moves;
            if (place.EmptyAt == moves) continue;
            if (Subscription.TryTake(cursors[i], out var taken))
            {
                (place.Held, place.HeldSince) = (taken, _reads);
                isMore = true;
            }
            else if (!cursors[i].IsElsewhere)
            {
                place.EmptyAt = moves;
            }
        }

        return isMore;
    }

    private int Choose()
    {
        var next = -1;
        for (var i = 0; i < cursors.Length; i++)
        {
            if (_places[i].Held is not { } held) continue;
            if (_reads - _places[i].HeldSince >= (long)MaxPassed * cursors.Length) return i;
            if (next < 0 || GoesBefore(held, _places[next].Held!.Value)) next = i;
        }

        return next;
    }

    // Sequences count within a topic: between two, the same millisecond says nothing.
    private static bool GoesBefore(in Delivery one, in Delivery other)
    {
        if (other.Kind != DeliveryKind.Event) return false;
        if (one.Kind != DeliveryKind.Event) return true;
        var order = one.Event.Position.Milliseconds.CompareTo(other.Event.Position.Milliseconds);
        return order < 0 || (order == 0 && one.Event.Arrival < other.Event.Arrival);
    }

    private struct Place
    {
        /// <summary>What was taken from the topic and not handed out yet.</summary>
        public Delivery? Held;

        /// <summary>The read that took it.</summary>
        public long HeldSince;

        /// <summary>How far the tail had moved when nothing was found in it; 0 where that is to be seen.</summary>
        public long EmptyAt;
    }
}
