using System.Collections.Concurrent;
using Notifier.Api.Streams;
using Notifier.Core.Events;
using Notifier.Core.Log;
using Notifier.Core.Topics;

namespace Notifier.Api.Admin;

/// <summary>
/// Hears what instances call to each other, and answers: which streams are open here. Knows who is there from what they say; one that says nothing
/// when it is asked is forgotten until it speaks again.
/// </summary>
internal sealed class InstanceCalls(IEventLog log, Subscriptions subscriptions, StreamContext context, OpenStreams streams, AdminFeed feed) : BackgroundService
{
    /// <summary>Connections in one message of an answer, about 200 KB.</summary>
    private const int ConnectionsAtOnce = 1000;

    private static readonly TimeSpan StoreRetryDelay = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, byte> _known = new(StringComparer.Ordinal);

    /// <summary>Instances that spoke last time they were asked, this one among them.</summary>
    public IReadOnlyCollection<string> Known => [.. _known.Keys];

    public void Forget(string instance) => _known.TryRemove(instance, out _);

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await SignalAsync(InstanceTopics.Calls, InstanceCall.Say(InstanceCall.ByeWord, context.Instance));
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        _known[context.Instance] = 0;
        try
        {
            using var calls = await OpenAsync(stoppingToken);
            using var stop = stoppingToken.UnsafeRegister(static calls => ((Subscription)calls!).Wake(), calls);
            await SignalAsync(InstanceTopics.Calls, InstanceCall.Say(InstanceCall.HelloWord, context.Instance));
            while (!stoppingToken.IsCancellationRequested)
            {
                while (calls.TryRead(out var delivery))
                {
                    if (delivery.Kind == DeliveryKind.Signal && InstanceCall.Parse(delivery.Signal) is { } call) await HearAsync(call);
                }

                await calls.WaitAsync();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The end of the service.
        }
    }

    private async Task<Subscription> OpenAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await subscriptions.OpenAsync([(InstanceTopics.Calls, StartPoint.Now)], cancellationToken);
            }
            catch (LogUnavailableException)
            {
                // Nobody can be heard without the store.
                await Task.Delay(StoreRetryDelay, context.Time, cancellationToken);
            }
        }
    }

    private async Task HearAsync(InstanceCall call)
    {
        if (call.Word == InstanceCall.ByeWord && call.Instance != context.Instance) Forget(call.Instance);
        else _known[call.Instance] = 0;

        if (call.Word == InstanceCall.WatchWord) feed.Called();
        if (call.Word == InstanceCall.HelloWord && call.Instance != context.Instance) await SignalAsync(InstanceTopics.Calls, InstanceCall.Say(InstanceCall.HereWord, context.Instance));
        if (call is { Word: InstanceCall.AskWord, Question: { } question }) await AnswerAsync(question);
    }

    private async Task AnswerAsync(string question)
    {
        var open = new List<SseStream>();
        streams.ForEach(open.Add);
        var parts = Math.Max(1, (open.Count + ConnectionsAtOnce - 1) / ConnectionsAtOnce);
        for (var part = 0; part < parts; part++)
        {
            await SignalAsync(InstanceTopics.Answers, new(InstanceCall.AskWord, AdminEvents.Frame(InstanceCall.AskWord, writer =>
            {
                writer.WriteString("question"u8, question);
                writer.WriteString("instance"u8, context.Instance);
                writer.WriteNumber("parts"u8, parts);
                writer.WriteStartArray("connections"u8);
                foreach (var stream in open.Skip(part * ConnectionsAtOnce).Take(ConnectionsAtOnce))
                {
                    writer.WriteStartObject();
                    AdminEvents.WriteStream(writer, stream, context.Instance);
                    writer.WriteEndObject();
                }

                writer.WriteEndArray();
            })));
        }
    }

    private async Task SignalAsync(TopicName topic, EphemeralEvent signal)
    {
        try
        {
            await log.SignalAsync(topic, signal, CancellationToken.None);
        }
        catch (LogUnavailableException)
        {
            // Whoever asked hears nothing from here, and says so.
        }
    }
}
