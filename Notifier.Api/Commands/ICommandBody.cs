using Notifier.Core.Events;

namespace Notifier.Api.Commands;

/// <summary>What every command that stores an event may carry.</summary>
internal interface ICommandBody
{
    /// <summary>The client's own name for the event.</summary>
    string? ClientMessageId { get; }

    /// <summary>Whom a publisher speaks for.</summary>
    UserRef? OnBehalfOf { get; }
}
