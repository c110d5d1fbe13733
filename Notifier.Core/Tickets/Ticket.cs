namespace Notifier.Core.Tickets;

/// <summary>What a ticket stands for: a caller's claims, and the topics that it opens.</summary>
/// <param name="Claims">The claims of the token that it was fetched with, in pairs of name and value.</param>
/// <param name="Topics">Names of the topics that it opens; null: all that the claims do.</param>
/// <param name="ExpiresAt">When the caller's token runs out; null: never.</param>
public sealed record Ticket(IReadOnlyList<KeyValuePair<string, string>> Claims, IReadOnlyList<string>? Topics, DateTimeOffset? ExpiresAt)
{
    /// <summary>How long a ticket may be used: 60 s.</summary>
    public static TimeSpan Life { get; } = TimeSpan.FromSeconds(60);
}
