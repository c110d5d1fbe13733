using Notifier.Core.Events;

namespace Notifier.Api.Commands;

/// <summary>Data of a <c>private-message</c>.</summary>
internal sealed record PrivateMessageData(string Text, UserRef To, JsonData? Data);
