using System.Buffers;
using System.Text.Json;
using Notifier.Core.Events;
using Notifier.Core.Log;
using Notifier.Core.Metrics;

namespace Notifier.Api.Streams;

/// <summary>The poll form of a stream (CONTRACT 5): what lies after the position, in one JSON answer, and the position after it.</summary>
internal static class PollAnswer
{
    /// <summary>Events in one answer; the rest comes with the next.</summary>
    private const int MaxEvents = 1000;

    /// <summary>Bytes of events in one answer, about.</summary>
    private const int MaxBytes = 1 << 20;

    public static async Task RunAsync(HttpContext http, Subscription subscription, StreamQuery query, bool sendsBareIds, StreamContext context, CancellationToken stopping)
    {
        var events = new List<LoggedEvent>();
        var gaps = new List<Gap>();
        var deliveries = new DeliveryBatch(context.Time.GetUtcNow());
        using (var end = new CancellationTokenSource(query.Wait, context.Time))
        using (http.RequestAborted.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), end))
        using (stopping.UnsafeRegister(static source => ((CancellationTokenSource)source!).Cancel(), end))
        using (end.Token.UnsafeRegister(static s => ((Subscription)s!).Wake(), subscription))
        {
            Read();
            while (events.Count == 0 && gaps.Count == 0 && (subscription.IsBehind || !end.IsCancellationRequested))
            {
                await subscription.WaitAsync();
                if (subscription.IsStoreAway && end.IsCancellationRequested) throw new LogUnavailableException("The store went away during a poll.");
                Read();
            }
        }

        deliveries.Tell(context.Metrics, context.Time);
        gaps.ForEach(gap => context.Metrics.GapTold(gap.Reason));
        await WriteAsync(http, subscription, sendsBareIds, events, gaps);

        void Read()
        {
            var bytes = 0;
            while (events.Count < MaxEvents && bytes < MaxBytes && subscription.TryRead(out var delivery))
            {
                if (delivery.Kind == DeliveryKind.Gap) gaps.Add(delivery.Gap);
                if (delivery.Kind != DeliveryKind.Event || query.Types?.Contains(delivery.Event.Type) is false) continue;
                events.Add(delivery.Event);
                deliveries.Add(delivery.Event, context.Metrics);
                bytes += delivery.Event.Frame.Envelope.Length;
            }
        }
    }

    public static void SetHeaders(HttpResponse response)
    {
        response.ContentType = "application/json";
        response.Headers.CacheControl = "no-store";
    }

    private static async Task WriteAsync(HttpContext http, Subscription subscription, bool sendsBareIds, List<LoggedEvent> events, List<Gap> gaps)
    {
        SetHeaders(http.Response);
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(buffer, new() { Encoder = JsonText.Encoder }))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("events"u8);
            foreach (var logged in events) writer.WriteRawValue(logged.Frame.Envelope.Span, skipInputValidation: true);
            writer.WriteEndArray();
            writer.WriteString("lastEventId"u8, FormatPosition(subscription, sendsBareIds));
            writer.WriteStartArray("gaps"u8);
            foreach (var gap in gaps)
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

    private static byte[] FormatPosition(Subscription subscription, bool sendsBareIds)
    {
        if (sendsBareIds) return System.Text.Encoding.UTF8.GetBytes(subscription[0].Position.ToString());
        var id = new byte[Cursor.MaxEncodedLength(subscription.TopicCount)];
        return id[..Cursor.Encode([.. Enumerable.Range(0, subscription.TopicCount).Select(i => subscription[i])], id)];
    }
}
