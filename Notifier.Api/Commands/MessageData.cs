namespace Notifier.Api.Commands;

/// <summary>Data of a <c>message</c>.</summary>
internal sealed record MessageData(string Text, JsonData? Data);
