namespace Notifier.Api.Access;

/// <summary>Marks the routes that also take a token from the query or a cookie, or a ticket, since <c>EventSource</c> sets no header.</summary>
/// <param name="Kind">What metrics and logs call its streams.</param>
internal sealed record StreamRoute(string Kind);
