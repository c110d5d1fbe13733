using Notifier.Api.Problems;
using Notifier.Core.Topics;

namespace Notifier.Api.Commands;

/// <summary>The one gate that every request passes before its endpoint runs: names in the route, the idempotency key, the body's rules.</summary>
internal sealed class ValidationFilter : IEndpointFilter
{
    private const int MaxKeyLength = 128;

    private static readonly string[] Names = ["user", "trackId", "lessonId"];

    public ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        Dictionary<string, List<string>>? errors = null;
        CheckRoute(context.HttpContext.Request.RouteValues, ref errors);
        CheckQuery(context.HttpContext.Request, ref errors);
        for (var i = 0; i < context.Arguments.Count; i++)
        {
            if (context.Arguments[i] is not ICommand command) continue;
            if (command.Rejection is { } rejection) return new(errors is null ? rejection : Invalid(errors));

            if (command.IdempotencyKey is { } key && (key.Length is 0 or > MaxKeyLength || key.AsSpan().ContainsAnyExceptInRange('!', '~')))
            {
                Add(ref errors, "Idempotency-Key", $"takes 1 to {MaxKeyLength} visible ASCII characters");
            }

            foreach (var failure in command.Validate(context.HttpContext.RequestServices).Errors) Add(ref errors, failure.PropertyName, failure.ErrorMessage);

            // There is one at most, and looking at the others makes objects of those that are none.
            break;
        }

        return errors is null ? next(context) : new(Invalid(errors));
    }

    private static void CheckRoute(RouteValueDictionary values, ref Dictionary<string, List<string>>? errors)
    {
        if (values.TryGetValue("room", out var room) && !TopicName.IsRoom(room as string)) Add(ref errors, "room", EntityName.Rule);
        foreach (var name in Names)
        {
            if (values.TryGetValue(name, out var value) && !EntityName.IsValid(value as string)) Add(ref errors, name, EntityName.Rule);
        }
    }

    // A NUL may hide in a parameter that nobody reads, and the framework's parsers of numbers and times pass over one at the end.
    private static void CheckQuery(HttpRequest request, ref Dictionary<string, List<string>>? errors)
    {
        if (request.QueryString.Value?.Contains("%00", StringComparison.Ordinal) is not true) return;
        foreach (var (name, values) in request.Query)
        {
            if (name.Contains('\0', StringComparison.Ordinal) || values.Any(value => value?.Contains('\0', StringComparison.Ordinal) is true))
            {
                Add(ref errors, name.Replace("\0", "%00", StringComparison.Ordinal), "holds NUL (%00), which no field takes");
            }
        }
    }

    private static void Add(ref Dictionary<string, List<string>>? errors, string field, string message)
    {
        errors ??= new(StringComparer.Ordinal);
        if (errors.TryGetValue(field, out var messages)) messages.Add(message);
        else errors[field] = [message];
    }

    private static Problem Invalid(Dictionary<string, List<string>> errors) =>
        Problem.Invalid(errors.ToDictionary(e => e.Key, e => e.Value.ToArray(), StringComparer.Ordinal));
}
