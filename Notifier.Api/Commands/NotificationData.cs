namespace Notifier.Api.Commands;

/// <summary>Data of a <c>notification</c>.</summary>
internal sealed record NotificationData(string? Title, string? Message, string? Kind, JsonData? Data);
