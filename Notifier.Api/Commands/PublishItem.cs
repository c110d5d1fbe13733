using Notifier.Core.Events;

namespace Notifier.Api.Commands;

/// <summary>One event for some topics.</summary>
internal sealed record PublishItem(IReadOnlyList<string?>? Topics, string? Type, JsonData Data, string? ClientMessageId, UserRef? OnBehalfOf) : ICommandBody;
