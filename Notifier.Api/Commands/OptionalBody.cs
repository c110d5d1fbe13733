namespace Notifier.Api.Commands;

/// <summary>Marks a route whose body may be left out.</summary>
internal sealed class OptionalBody;
