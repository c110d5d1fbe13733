using System.Text;
using Notifier.Core.Events;

namespace Notifier.Tests.Support;

/// <summary>Events as tests of the log need them.</summary>
internal static class Drafts
{
    public static EventDraft Message(string text, string? commandId = null) =>
        new("message", new("ada"), Encoding.UTF8.GetBytes($$"""{"text":"{{text}}"}"""), commandId: commandId);

    /// <summary>The text of a message's frame.</summary>
    public static string Text(this LoggedEvent logged) =>
        System.Text.Json.JsonDocument.Parse(logged.Frame.Envelope).RootElement.GetProperty("data").GetProperty("text").GetString()!;
}
