using System.Text.Json;
using Notifier.Core.Metrics;

namespace Notifier.Core.Events;

/// <summary>
/// An event before it has a place in a log. What does not depend on that place is encoded here once, outside any lock, and shared by
/// every topic that the event is written to.
/// </summary>
public sealed class EventDraft
{
    /// <param name="type">A valid <see cref="EventType"/>.</param>
    /// <param name="from">Who caused it.</param>
    /// <param name="data">One JSON value in UTF-8, without line breaks.</param>
    /// <param name="via">Who sent it on behalf of <paramref name="from"/>.</param>
    /// <param name="clientMessageId">The client's own name for it.</param>
    /// <param name="commandId">The same in every event of one command to several topics.</param>
    public EventDraft(string type, UserRef from, ReadOnlyMemory<byte> data, UserRef? via = null, string? clientMessageId = null, string? commandId = null)
    {
        Type = type;
        TraceParent = NotifierTraces.Current;
        CommandId = commandId;
        Body = Encode(from, data.Span, via, clientMessageId, commandId);
    }

    /// <summary>An event that was encoded before.</summary>
    internal EventDraft(string type, ReadOnlyMemory<byte> body, string? traceParent = null)
    {
        Type = type;
        TraceParent = traceParent;
        Body = body;
    }

    /// <summary>The event's type.</summary>
    public string Type { get; }

    /// <summary>The same in every event of one command to several topics; null where there is one topic.</summary>
    public string? CommandId { get; }

    /// <summary>The trace that it was made in; kept beside the event, never part of it. Null where none was recorded.</summary>
    public string? TraceParent { get; }

    /// <summary>The members of the envelope from <c>"from"</c> on, without the braces.</summary>
    public ReadOnlyMemory<byte> Body { get; }

    private static ReadOnlyMemory<byte> Encode(UserRef from, ReadOnlySpan<byte> data, UserRef? via, string? clientMessageId, string? commandId)
    {
        using var json = JsonBuffer.Take();
        var writer = json.Writer;
        writer.WriteStartObject();
        WriteUser(writer, "from"u8, from);
        if (via is not null) WriteUser(writer, "via"u8, via);
        if (clientMessageId is not null) writer.WriteString("clientMessageId"u8, clientMessageId);
        if (commandId is not null) writer.WriteString("commandId"u8, commandId);
        writer.WritePropertyName("data"u8);
        writer.WriteRawValue(data, skipInputValidation: true);
        writer.WriteEndObject();
        return json.ToArray().AsMemory()[1..^1];
    }

    private static void WriteUser(Utf8JsonWriter writer, ReadOnlySpan<byte> name, UserRef user)
    {
        writer.WriteStartObject(name);
        writer.WriteString("id"u8, user.Id);
        if (user.Name is not null) writer.WriteString("name"u8, user.Name);
        writer.WriteEndObject();
    }
}
