using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using Notifier.Api.Access;
using Notifier.Api.Problems;
using Notifier.Api.Streams;
using Notifier.Core.Events;
using Notifier.Core.Log;
using Notifier.Core.Topics;

namespace Notifier.Api.Admin;

/// <summary>
/// Who is connected where: asked of all instances when somebody wants to know, since nothing about a connection is kept in the store. Ends when all
/// that are known have answered, or after half a second without those that have not.
/// </summary>
internal static class ListConnections
{
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);

    public static void Map(IEndpointRouteBuilder routes) => routes.MapMethods("/api/admin/connections", ReadMethods.All, ListAsync);

    private static async Task<IResult> ListAsync(
        Caller caller, IEventLog log, Subscriptions subscriptions, InstanceCalls instances, StreamContext context, CancellationToken cancellationToken)
    {
        if (!caller.IsAdmin) return Problem.Forbidden("The list of connections takes the role admin.");

        var question = RandomNumberGenerator.GetHexString(16, lowercase: true);
        var missing = instances.Known.ToDictionary(instance => instance, _ => 1, StringComparer.Ordinal);
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var writer = new Utf8JsonWriter(buffer, new() { Encoder = JsonText.Encoder }))
        {
            writer.WriteStartObject();
            writer.WriteStartArray("connections"u8);
            using (var answers = await subscriptions.OpenAsync([(InstanceTopics.Answers, StartPoint.Now)], cancellationToken))
            {
                using var deadline = new CancellationTokenSource(Patience, context.Time);
                using var wake = deadline.Token.UnsafeRegister(static answers => ((Subscription)answers!).Wake(), answers);
                await log.SignalAsync(InstanceTopics.Calls, InstanceCall.Ask(context.Instance, question), cancellationToken);
                while (missing.Count > 0 && !deadline.IsCancellationRequested)
                {
                    while (answers.TryRead(out var delivery))
                    {
                        if (delivery.Kind == DeliveryKind.Signal) Take(delivery.Signal, question, missing, writer);
                    }

                    if (missing.Count > 0) await answers.WaitAsync();
                }
            }

            writer.WriteEndArray();
            writer.WriteStartArray("missing"u8);
            foreach (var instance in missing.Keys) writer.WriteStringValue(instance);
            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        foreach (var instance in missing.Keys) instances.Forget(instance);
        return TypedResults.Bytes(buffer.WrittenMemory, "application/json");
    }

    private static void Take(EphemeralEvent signal, string question, Dictionary<string, int> missing, Utf8JsonWriter writer)
    {
        using var answer = JsonDocument.Parse(signal.Frame.Envelope);
        if (answer.RootElement.GetProperty("question").GetString() != question) return;
        foreach (var connection in answer.RootElement.GetProperty("connections").EnumerateArray()) connection.WriteTo(writer);

        // The first part says how many there are; the last takes the instance off the list.
        var instance = answer.RootElement.GetProperty("instance").GetString()!;
        var parts = answer.RootElement.GetProperty("parts").GetInt32();
        var heard = missing.TryGetValue(instance, out var next) ? next : 1;
        if (heard >= parts) missing.Remove(instance);
        else missing[instance] = heard + 1;
    }
}
