using FluentValidation.Results;
using Notifier.Api.Problems;

namespace Notifier.Api.Commands;

/// <summary>A command as the validation filter sees it, whatever its body.</summary>
internal interface ICommand
{
    /// <summary>Why the body could not be read; null where it could.</summary>
    Problem? Rejection { get; }

    /// <summary>The request's <c>Idempotency-Key</c>; null where it has none.</summary>
    string? IdempotencyKey { get; }

    /// <summary>What the body's own rules say of it.</summary>
    ValidationResult Validate(IServiceProvider services);
}
