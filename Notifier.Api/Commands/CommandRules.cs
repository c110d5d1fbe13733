using FluentValidation;
using Notifier.Core.Events;
using Notifier.Core.Topics;

namespace Notifier.Api.Commands;

/// <summary>Rules that several commands share, in the words of CONTRACT 4.</summary>
internal static class CommandRules
{
    private const int MaxTextLength = 4000;
    private const int MaxClientMessageIdLength = 64;
    private const int MaxNameLength = 128;

    public static void RuleForCommandBody<T>(this AbstractValidator<T> validator)
        where T : ICommandBody
    {
        validator.RuleFor(body => body.ClientMessageId).OptionalLine(MaxClientMessageIdLength);
        validator.RuleFor(body => body.OnBehalfOf!.Id)
            .Must(id => EntityName.IsValid(id)).WithMessage(EntityName.Rule)
            .When(body => body.OnBehalfOf is not null);
        validator.RuleFor(body => body.OnBehalfOf!.Name).OptionalLine(MaxNameLength).When(body => body.OnBehalfOf is not null);
    }

    public static void Text<T>(this IRuleBuilder<T, string?> rule, int max = MaxTextLength) =>
        rule.Must(text => text is not null && HasLength(text, max)).WithMessage($"takes 1 to {max} characters");

    public static void OptionalText<T>(this IRuleBuilder<T, string?> rule, int max = MaxTextLength) =>
        rule.Must(text => text is null || HasLength(text, max)).WithMessage($"takes 1 to {max} characters");

    public static IRuleBuilderOptions<T, string?> OptionalLine<T>(this IRuleBuilder<T, string?> rule, int max) =>
        rule.Must(text => text is null || (HasLength(text, max) && !text.AsSpan().ContainsAny('\r', '\n')))
            .WithMessage($"takes 1 to {max} characters, and no line break");

    public static void OptionalObject<T>(this IRuleBuilder<T, JsonData?> rule) =>
        rule.Must(data => data is null or { IsObject: true }).WithMessage("takes a JSON object");

    public static void AnyJson<T>(this IRuleBuilder<T, JsonData> rule) =>
        rule.Must(data => !data.IsMissing).WithMessage("is required; it takes any JSON value, null too");

    /// <summary>A type that a publisher may write.</summary>
    public static IRuleBuilderOptions<T, string?> PublishedType<T>(this IRuleBuilder<T, string?> rule) =>
        rule.Must(type => EventType.IsValid(type)).WithMessage(EventType.Rule)
            .Must(type => type is null || !EventType.IsReserved(type)).WithMessage("is one of the service's own types; choose another");

    // Characters as people count them, not as UTF-16 does.
    private static bool HasLength(string text, int max)
    {
        if (text.Length == 0 || text.Length > 2 * max) return false;
        var count = 0;
        foreach (var _ in text.EnumerateRunes()) count++;
        return count <= max;
    }
}
