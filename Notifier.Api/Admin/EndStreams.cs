using Notifier.Api.Access;
using Notifier.Api.Problems;
using Notifier.Api.Queries;
using Notifier.Core.Revocation;
using Notifier.Core.Topics;

namespace Notifier.Api.Admin;

/// <summary>Ends a user's streams on every instance, and refuses new ones for a while.</summary>
internal static class EndStreams
{
    /// <summary>30 days.</summary>
    private const int MaxSeconds = 30 * 24 * 3600;

    public static void Map(IEndpointRouteBuilder routes) => routes.MapDelete("/api/admin/users/{user}/connections", EndAsync);

    private static async Task<IResult> EndAsync(string user, Caller caller, HttpContext http, Revocations revocations, CancellationToken cancellationToken)
    {
        var errors = new Dictionary<string, string[]>(StringComparer.Ordinal);
        var seconds = http.Request.Query.ReadNumber("forSeconds", 0, MaxSeconds, errors);
        var name = http.Request.Query["topic"].ToString();
        if (name.Length > 0 && !TopicName.TryParse(name, out _)) errors["topic"] = ["takes room:{room}, user:{user} or all"];
        if (errors.Count > 0) return Problem.Invalid(errors);
        if (!caller.IsAdmin) return Problem.Forbidden("Ending somebody's streams takes the role admin.");

        var refusedFor = seconds is > 0 ? TimeSpan.FromSeconds(seconds.Value) : (TimeSpan?)null;
        await revocations.RevokeAsync(new(caller.Resolve(user), name.Length == 0 ? null : caller.ResolveTopic(name), refusedFor), caller.User, cancellationToken);
        return TypedResults.NoContent();
    }
}
