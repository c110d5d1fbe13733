using System.Text.Json;
using System.Text.Json.Nodes;

namespace Notifier.Api.Descriptions;

/// <summary>
/// What the service offers, as documents: OpenAPI 3.1 of its routes, AsyncAPI 3 of its streams' events. Both are written by hand beside this file, and tests hold
/// them against what the service answers. Routes that this instance does not have, as those of Development elsewhere, are left out.
/// </summary>
internal static class ApiDescriptions
{
    public static void MapDescriptions(this WebApplication app)
    {
        var openApi = new Lazy<byte[]>(() => OpenApi(((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints)));
        var asyncApi = new Lazy<byte[]>(() => JsonSerializer.SerializeToUtf8Bytes(Load("asyncapi.json"), NotifierJson.Plain.JsonNode));
        app.MapGet("/openapi/v1.json", () => TypedResults.Bytes(openApi.Value, "application/json"));
        app.MapGet("/asyncapi.json", () => TypedResults.Bytes(asyncApi.Value, "application/json"));
    }

    private static byte[] OpenApi(IEnumerable<Endpoint> endpoints)
    {
        var mapped = endpoints.OfType<RouteEndpoint>()
            .SelectMany(endpoint => (endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? [])
                .Select(method => $"{endpoint.RoutePattern.RawText} {method.ToLowerInvariant()}"))
            .ToHashSet(StringComparer.Ordinal);
        var document = Load("openapi.json");
        var paths = document["paths"]!.AsObject();
        foreach (var (path, operations) in paths.ToArray())
        {
            foreach (var (method, _) in operations!.AsObject().ToArray())
            {
                if (!mapped.Contains($"{path} {method}")) operations.AsObject().Remove(method);
            }

            if (operations.AsObject().Count == 0) paths.Remove(path);
        }

        return JsonSerializer.SerializeToUtf8Bytes(document, NotifierJson.Plain.JsonNode);
    }

    private static JsonNode Load(string name)
    {
        using var stream = typeof(ApiDescriptions).Assembly.GetManifestResourceStream($"Notifier.Api.Descriptions.{name}")
            ?? throw new InvalidOperationException($"The description {name} is not part of the assembly.");
        return JsonNode.Parse(stream)!;
    }
}
