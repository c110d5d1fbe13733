using System.Collections.Frozen;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http.Features;
using Notifier.Api.Access;
using Notifier.Core.Events;
using Notifier.Core.Log;
using Notifier.Core.Metrics;
using Notifier.Core.Presence;
using Notifier.Core.Revocation;
using Notifier.Core.Topics;

namespace Notifier.Api.Streams;

/// <summary>
/// One open stream: hands what its subscription reads to the connection, until one of the two ends. It buffers nothing itself: events that
/// arrive during a flush go out together in the next.
/// </summary>
/// <remarks>
/// One loop writes. The clock and whoever ends the stream only set a field and wake it, so nothing needs a lock, and every ending comes
/// between two events.
/// </remarks>
internal sealed class SseStream
{
    /// <summary>A replay is flushed in pieces of this size, so that what one connection buffers stays bounded.</summary>
    private const int FlushBytes = 16 * 1024;

    private readonly IHttpRequestLifetimeFeature _request;
    private readonly StreamContext _context;
    private readonly Subscription _subscription;
    private readonly Attendance _attendance;
    private readonly SseWriter _writer;
    private readonly Caller _caller;
    private readonly FrozenSet<string>? _types;
    private readonly bool _pingsByEvent;
    private readonly bool _sendsBareIds;
    private readonly bool _hasNoIds;
    private readonly bool _isResumed;
    private readonly long _endsAt;
    private readonly EndReason _endsFor;
    private readonly long _openedAt;

    private long _drainsAt = long.MaxValue;
    private long _lastFlush;
    private long _flushingSince;
    private bool _isHeartbeatDue;
    private bool _movedUnseen;
    private int _end;
    private DeliveryBatch _deliveries;

    public SseStream(HttpContext http, StreamContext context, Subscription subscription, Attendance attendance, Caller caller, StreamQuery query, bool sendsBareIds)
    {
        _request = http.Features.GetRequiredFeature<IHttpRequestLifetimeFeature>();
        _context = context;
        _subscription = subscription;
        _attendance = attendance;
        _writer = new(http);
        _caller = caller;
        _types = query.Types;
        _pingsByEvent = query.PingsByEvent;
        _sendsBareIds = sendsBareIds;
        _hasNoIds = subscription[0].Topic.Kind == TopicKind.Service;
        _isResumed = query.HasLastId && subscription.IsResumed;
        _openedAt = _lastFlush = context.Time.GetTimestamp();
        OpenedAt = context.Time.GetUtcNow();
        Kind = http.GetEndpoint()?.Metadata.GetMetadata<StreamRoute>()?.Kind ?? "";
        Start = !query.HasLastId ? "fresh" : _isResumed ? "resumed" : "gap";
        _deliveries = new(OpenedAt);
        (_endsAt, _endsFor) = Deadline();
    }

    /// <summary>How clients and logs name it.</summary>
    public string Connection { get; } = RandomNumberGenerator.GetHexString(16, lowercase: true);

    public UserRef User => _caller.User;

    public DateTimeOffset OpenedAt { get; }

    /// <summary>Time since then, whatever the wall clock did meanwhile.</summary>
    public TimeSpan Age => _context.Time.GetElapsedTime(_openedAt);

    /// <summary>Place in the list of open streams.</summary>
    public int Slot { get; set; }

    /// <summary>Of which route it is.</summary>
    public string Kind { get; }

    /// <summary>How it began: <c>fresh</c>, or where the client came with a last id <c>resumed</c> or with a <c>gap</c>.</summary>
    public string Start { get; }

    /// <summary>The names of its topics; an admin's has none.</summary>
    public IEnumerable<string> Topics => _hasNoIds ? [] : Enumerable.Range(0, _subscription.TopicCount).Select(i => _subscription[i].Topic.Value);

    /// <summary>Stored events that were handed to the connection.</summary>
    public long EventsSent => _deliveries.Total;

    /// <summary>Why it ended, or is about to.</summary>
    public EndReason Ending => (EndReason)Volatile.Read(ref _end);

    /// <summary>True where <paramref name="revocation"/> means this stream.</summary>
    public bool IsEndedBy(StreamRevocation revocation) => revocation.Ends(_caller.User, _subscription, OpenedAt);

    /// <summary>Streams until the end.</summary>
    public async Task RunAsync()
    {
        await using var aborted = _request.RequestAborted.UnsafeRegister(static stream => ((SseStream)stream!).End(EndReason.Client), this);
        _writer.WriteRetry(_context.NextRetryMs());
        WriteId();
        _writer.Write(ServiceEvents.Welcome(
            Connection, _context.Instance, _context.Time.GetUtcNow(), _context.Options.HeartbeatSeconds, _caller.User, _subscription, _isResumed, _attendance.Greet()).Whole.Span);
        await FlushAsync();

        while (Ending == EndReason.None)
        {
            while (_writer.UnflushedBytes < FlushBytes && Ending == EndReason.None && _subscription.TryRead(out var delivery)) Write(delivery);
            if (_isHeartbeatDue) WriteHeartbeat();

            // What came while the flush was under way is read next, before any wait; a page that one topic needs does not wait until the others are silent.
            var isFlushed = _writer.UnflushedBytes > 0;
            var isReplay = _writer.UnflushedBytes >= FlushBytes;
            if (isFlushed) await FlushAsync();

            // It may run within a round that wakes others after it: a long replay is not to keep them waiting.
            if (isReplay) await Task.Yield();
            if (Ending == EndReason.None && (!isFlushed || _subscription.IsBehind)) await _subscription.WaitAsync();
        }

        if (Ending == EndReason.Expired) _writer.Write(ServiceEvents.TokenExpired.Whole.Span);
        if (Ending == EndReason.Revoked) _writer.Write(ServiceEvents.Revoked.Whole.Span);
        if (Ending == EndReason.Drain)
        {
            _writer.WriteRetry(_context.NextRetryMs());
            _writer.Write("\n"u8);
        }

        if (Ending != EndReason.Client) await FlushAsync();
    }

    /// <summary>Ends the stream after the event that is being written; the first reason counts.</summary>
    public void End(EndReason reason)
    {
        if (Interlocked.CompareExchange(ref _end, (int)reason, (int)EndReason.None) == (int)EndReason.None) _subscription.Wake();
    }

    /// <summary>Ends the stream at a moment of its own.</summary>
    public void DrainAt(long timestamp) => Volatile.Write(ref _drainsAt, timestamp);

    /// <summary>Cuts the connection: the only thing that ends a flush to a client that takes nothing.</summary>
    public void Cut(EndReason reason)
    {
        End(reason);
        _request.Abort();
    }

    /// <summary>Looks what the time asks for; called by the shared clock. Returns when there may be something again, unless it is told something meanwhile.</summary>
    public long Tick(long now)
    {
        // Also for a client so slow that a flush is always under way: the end comes after it.
        var drainsAt = Volatile.Read(ref _drainsAt);
        if (now >= drainsAt) End(EndReason.Drain);
        else if (now >= _endsAt) End(_endsFor);
        var endsAt = Math.Min(drainsAt, _endsAt);

        if (Volatile.Read(ref _flushingSince) is not 0 and var flushingSince)
        {
            var slowAt = flushingSince + _context.WriteTimeout;
            if (now >= slowAt) Cut(EndReason.Slow);

            // Where the flush ends right after this look, a silence begins.
            return Math.Min(endsAt, Math.Min(slowAt, now + _context.HeartbeatInterval));
        }

        var heartbeatAt = Volatile.Read(ref _lastFlush) + _context.HeartbeatInterval;
        if (now >= heartbeatAt)
        {
            Volatile.Write(ref _isHeartbeatDue, true);
            _subscription.Wake();
        }

        // The flush that begins next is slow no sooner.
        return Math.Min(endsAt, Math.Min(heartbeatAt, now + _context.WriteTimeout));
    }

    private (long EndsAt, EndReason EndsFor) Deadline()
    {
        var age = _context.NextMaxAge();
        var reason = EndReason.MaxAge;
        if (_caller.TimeLeft(_context.Time.GetUtcNow()) is { } left && left < age) (age, reason) = (left, EndReason.Expired);

        return (_context.Time.GetTimestamp() + (long)(age.TotalSeconds * _context.Time.TimestampFrequency), reason);
    }

    private void Write(in Delivery delivery)
    {
        switch (delivery.Kind)
        {
            case DeliveryKind.Event when _types is not null && !_types.Contains(delivery.Event.Type):
                _movedUnseen = true;
                break;
            case DeliveryKind.Event when _sendsBareIds:
                _writer.Write(delivery.Event.Frame.Whole.Span);
                _movedUnseen = false;
                _deliveries.Add(delivery.Event, _context.Metrics);
                break;
            case DeliveryKind.Event:
                WriteId();
                _writer.Write(delivery.Event.Frame.WithoutId.Span);
                _deliveries.Add(delivery.Event, _context.Metrics);
                break;
            case DeliveryKind.Gap:
                WriteId();
                _writer.Write(ServiceEvents.OfGap(delivery.Gap).Whole.Span);
                _context.Metrics.GapTold(delivery.Gap.Reason);
                break;
            case DeliveryKind.Signal when delivery.Signal is PresenceEvent told:
                if (_attendance.Read(told) is { } change) _writer.Write(change.Whole.Span);
                break;
            case DeliveryKind.Signal when _types is null || _types.Contains(delivery.Signal.Type) || EventType.IsReserved(delivery.Signal.Type):
                _writer.Write(delivery.Signal.Frame.Whole.Span);
                break;
        }
    }

    private void WriteId()
    {
        // What admins are told is not stored, so there is nothing to come back to.
        if (_hasNoIds) return;
        if (_sendsBareIds) _writer.WriteId(_subscription[0].Position);
        else _writer.WriteId(_subscription);
        _movedUnseen = false;
    }

    private void WriteHeartbeat()
    {
        Volatile.Write(ref _isHeartbeatDue, false);

        // What was read meanwhile is a sign of life already.
        if (_writer.UnflushedBytes > 0) return;
        var movedUnseen = _movedUnseen;
        if (!_pingsByEvent) _writer.Write(": \n"u8);
        if (movedUnseen) WriteId();
        _writer.Write(_pingsByEvent ? ServiceEvents.Ping.Whole.Span : "\n"u8);
    }

    private async ValueTask FlushAsync()
    {
        _deliveries.Tell(_context.Metrics, _context.Time);
        var flush = _writer.FlushAsync();
        if (!flush.IsCompleted) Volatile.Write(ref _flushingSince, _context.Time.GetTimestamp());
        var result = await flush;
        Volatile.Write(ref _lastFlush, _context.Time.GetTimestamp());
        Volatile.Write(ref _flushingSince, 0);
        if (result.IsCompleted || result.IsCanceled) End(EndReason.Client);
    }
}
