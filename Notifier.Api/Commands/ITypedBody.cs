namespace Notifier.Api.Commands;

/// <summary>A body that names the type of its event.</summary>
internal interface ITypedBody
{
    string? Type { get; }
}
