namespace Notifier.Api.Commands;

/// <summary>Marks a route whose body may have another size than <c>Commands:MaxBodyBytes</c>.</summary>
internal sealed record BodyLimit(int MaxBytes);
