using System.Text.Json;
using Notifier.Core.Events;

namespace Notifier.Api.Admin;

/// <summary>What instances say to each other about admins: a word, who says it, and for a question its number.</summary>
internal sealed record InstanceCall(string Word, string Instance, string? Question)
{
    public const string WatchWord = "watch";
    public const string HelloWord = "hello";
    public const string HereWord = "here";
    public const string ByeWord = "bye";
    public const string AskWord = "ask";

    /// <summary>An admin watches: tell what happens for the next seconds.</summary>
    public static EphemeralEvent Watch(string instance) => new InstanceCall(WatchWord, instance, null).ToSignal();

    /// <summary>Says which streams are open, all of you.</summary>
    public static EphemeralEvent Ask(string instance, string question) => new InstanceCall(AskWord, instance, question).ToSignal();

    /// <summary>A word without more.</summary>
    public static EphemeralEvent Say(string word, string instance) => new InstanceCall(word, instance, null).ToSignal();

    /// <summary>Reads what an instance says; null for what another version says in its own way.</summary>
    public static InstanceCall? Parse(EphemeralEvent signal)
    {
        try
        {
            using var data = JsonDocument.Parse(signal.Frame.Envelope);
            return data.RootElement.TryGetProperty("instance", out var instance) && instance.GetString() is { } name
                ? new(signal.Type, name, data.RootElement.TryGetProperty("question", out var question) ? question.GetString() : null)
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private EphemeralEvent ToSignal() => new(Word, AdminEvents.Frame(Word, writer =>
    {
        writer.WriteString("instance"u8, Instance);
        if (Question is not null) writer.WriteString("question"u8, Question);
    }));
}
