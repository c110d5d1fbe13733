using System.Buffers;
using System.Text.Json;
using Notifier.Api.Access;
using Notifier.Core.Events;
using Notifier.Core.Log;
using Notifier.Core.Metrics;
using Notifier.Core.Revocation;

namespace Notifier.Api.Streams;

/// <summary>
/// The poll form of a stream (CONTRACT 5): what lies after the position, in one JSON answer, and the position after it. While it waits, what would end a
/// stream ends it.
/// </summary>
internal sealed class PollAnswer(HttpContext http, Subscription subscription, Caller caller, StreamQuery query, bool sendsBareIds, StreamContext context)
{
    /// <summary>Events in one answer; the rest comes with the next.</summary>
    private const int MaxEvents = 1000;

    /// <summary>Bytes of events in one answer, about.</summary>
    private const int MaxBytes = 1 << 20;

    private readonly DateTimeOffset _openedAt = context.Time.GetUtcNow();
    private readonly List<LoggedEvent> _events = [];
    private readonly List<Gap> _gaps = [];
    private int _end;

    private EndReason Ending => (EndReason)Volatile.Read(ref _end);

    private bool IsEmpty => _events.Count == 0 && _gaps.Count == 0;

    public static void SetHeaders(HttpResponse response)
    {
        response.ContentType = "application/json";
        response.Headers.CacheControl = "no-store";
    }

    /// <summary>True where <paramref name="revocation"/> means this poll.</summary>
    public bool IsEndedBy(StreamRevocation revocation) => revocation.Ends(caller.User, subscription, _openedAt);

    /// <summary>Ends the wait; the first reason counts.</summary>
    public void End(EndReason reason)
    {
        if (Interlocked.CompareExchange(ref _end, (int)reason, (int)EndReason.None) == (int)EndReason.None) subscription.Wake();
    }

    /// <summary>Waits until there is something, and answers. Where it was ended before there was: says why, and has written nothing.</summary>
    public async Task<EndReason> RunAsync(CancellationToken stopping)
    {
        var deliveries = new DeliveryBatch(_openedAt);
        var left = caller.TimeLeft(_openedAt);
        using (left < query.Wait ? context.Time.CreateTimer(Expire, this, left > TimeSpan.Zero ? left.Value : TimeSpan.Zero, Timeout.InfiniteTimeSpan) : null)
        using (var end = new CancellationTokenSource(query.Wait, context.Time))
        using (http.RequestAborted.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), end))
        using (stopping.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), end))
        using (end.Token.UnsafeRegister(static s => ((Subscription)s!).Wake(), subscription))
        {
            Read();
            while (IsEmpty && Ending == EndReason.None && (subscription.IsBehind || !end.IsCancellationRequested))
            {
                await subscription.WaitAsync();
                if (subscription.IsStoreAway && end.IsCancellationRequested) throw new LogUnavailableException("The store went away during a poll.");
                Read();
            }
        }

        if (IsEmpty && Ending != EndReason.None) return Ending;
        deliveries.Tell(context.Metrics, context.Time);
        _gaps.ForEach(gap => context.Metrics.GapTold(gap.Reason));
        await WriteAsync();
        return EndReason.None;

        static void Expire(object? poll) => ((PollAnswer)poll!).End(EndReason.Expired);

        void Read()
        {
            var bytes = 0;
            while (_events.Count < MaxEvents && bytes < MaxBytes && subscription.TryRead(out var delivery))
            {
                if (delivery.Kind == DeliveryKind.Gap) _gaps.Add(delivery.Gap);
                if (delivery.Kind != DeliveryKind.Event || query.Types?.Contains(delivery.Event.Type) is false) continue;
                _events.Add(delivery.Event);
                deliveries.Add(delivery.Event, context.Metrics);
                bytes += delivery.Event.Frame.Envelope.Length;
            }
        }
    }

    private async Task WriteAsync()
    {
        SetHeaders(http.Response);
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer, new() { Encoder = JsonText.Encoder }))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("events"u8);
            foreach (var logged in _events) writer.WriteRawValue(logged.Frame.Envelope.Span, skipInputValidation: true);
            writer.WriteEndArray();
            writer.WriteString("lastEventId"u8, FormatPosition());
            writer.WriteStartArray("gaps"u8);
            foreach (var gap in _gaps)
            {
                writer.WriteStartObject();
                ServiceEvents.WriteGap(writer, gap);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        http.Response.ContentLength = buffer.WrittenCount;
        await http.Response.BodyWriter.WriteAsync(buffer.WrittenMemory, http.RequestAborted);
    }

    private byte[] FormatPosition()
    {
        if (sendsBareIds) return System.Text.Encoding.UTF8.GetBytes(subscription[0].Position.ToString());
        var id = new byte[Cursor.MaxEncodedLength(subscription.TopicCount)];
        return id[..Cursor.Encode([.. Enumerable.Range(0, subscription.TopicCount).Select(i => subscription[i])], id)];
    }
}
