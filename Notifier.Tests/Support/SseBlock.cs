using System.Text.Json;

namespace Notifier.Tests.Support;

/// <summary>One block of an event stream as it stood on the wire: what was between two blank lines.</summary>
/// <param name="Id">Its id line; null where it has none.</param>
/// <param name="Event">Its event line; null where it has none.</param>
/// <param name="Data">Its data lines, joined; null where it has none.</param>
/// <param name="Retry">Its retry line; null where it has none.</param>
/// <param name="Comments">Its comment lines, without the colon.</param>
public sealed record SseBlock(string? Id, string? Event, string? Data, int? Retry, IReadOnlyList<string> Comments)
{
    public JsonElement Json => JsonDocument.Parse(Data ?? throw new InvalidOperationException("The block has no data.")).RootElement;

    /// <summary>The text of a <c>message</c> event's data.</summary>
    public string? Text => Json.GetProperty("data").GetProperty("text").GetString();

    /// <summary>The event's own id, which on streams of positions is not the block's.</summary>
    public string? EventId => Json.GetProperty("id").GetString();
}
