using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using FluentValidation;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Notifier.Api.Access;
using Notifier.Api.Problems;
using Notifier.Core.Topics;

namespace Notifier.Api.Commands;

/// <summary>A token for trying things out, in Development alone: elsewhere the route does not exist.</summary>
internal static class IssueDevelopmentToken
{
    private const int MaxSeconds = 365 * 24 * 3600;

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/api/dev/tokens", Issue).AllowAnonymous();

    private static IResult Issue(Command<Request> command, TokenKeys keys, Settings.NotifierSettings settings, TimeProvider time)
    {
        if (keys.Signing is null) return new Problem(StatusCodes.Status404NotFound, "Auth:Authority issues the tokens; ask there.");

        var body = command.Body;
        var lifeSeconds = body.ExpiresInSeconds ?? 3600;
        var now = time.GetUtcNow().ToUnixTimeSeconds();
        var claims = new JsonObject { ["sub"] = body.Sub, ["iat"] = now, ["nbf"] = now, ["exp"] = now + lifeSeconds };
        if (body.Name is not null) claims["name"] = body.Name;
        AddList(claims, "roles", body.Roles);
        AddList(claims, "rooms", body.Rooms);
        AddList(claims, "rooms_read", body.RoomsRead);
        if (settings.Auth.Issuer.Length > 0) claims["iss"] = settings.Auth.Issuer;
        if (settings.Auth.Audience.Length > 0) claims["aud"] = settings.Auth.Audience;

        var token = new JsonWebTokenHandler().CreateToken(claims.ToJsonString(), new SigningCredentials(keys.Signing, SecurityAlgorithms.HmacSha256));
        return TypedResults.Json(new Answer(token, lifeSeconds), NotifierJson.Plain.IssueDevelopmentTokenAnswer, statusCode: StatusCodes.Status201Created);
    }

    private static void AddList(JsonObject claims, string name, IReadOnlyList<string>? values)
    {
        if (values is not null) claims[name] = new JsonArray([.. values.Select(v => (JsonNode)v)]);
    }

    internal sealed record Request(
        string? Sub, string? Name, IReadOnlyList<string>? Roles, IReadOnlyList<string>? Rooms,
        [property: JsonPropertyName("rooms_read")] IReadOnlyList<string>? RoomsRead, int? ExpiresInSeconds);

    internal sealed record Answer(string Token, int ExpiresInSeconds);

    internal sealed class Validator : AbstractValidator<Request>
    {
        public Validator()
        {
            RuleFor(body => body.Sub).Must(sub => EntityName.IsValid(sub)).WithMessage(EntityName.Rule);
            RuleForEach(body => body.Roles).NotNull().WithMessage("takes strings");
            RuleForEach(body => body.Rooms).NotNull().WithMessage("takes strings");
            RuleForEach(body => body.RoomsRead).NotNull().WithMessage("takes strings");
            RuleFor(body => body.Name).OptionalText(128);
            RuleFor(body => body.ExpiresInSeconds).Must(seconds => seconds is null or (>= 1 and <= MaxSeconds)).WithMessage($"takes a whole number from 1 to {MaxSeconds}");
        }
    }
}
