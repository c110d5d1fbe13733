using System.Text.Json;
using System.Text.RegularExpressions;
using Notifier.Tests.Support;

namespace Notifier.Tests.Descriptions;

/// <summary>Holds every answer against the OpenAPI document: its route, its status, its headers, and its body's schema.</summary>
internal sealed class DescribedAnswers(JsonElement document, HttpMessageHandler inner) : DelegatingHandler(inner)
{
    private readonly JsonSchema _schemas = new(document);

    /// <summary>Operations that were answered, each with the status.</summary>
    public HashSet<string> Seen { get; } = [];

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        var (path, operation) = Find(request.Method.Method.ToLowerInvariant(), request.RequestUri!.AbsolutePath);
        var status = ((int)response.StatusCode).ToString();
        var where = $"{request.Method} {path} {status}";
        operation.GetProperty("responses").TryGetProperty(status, out var described).ShouldBeTrue($"{where} is not described");
        described = _schemas.Resolve(described);
        foreach (var name in new[] { "Retry-After", "Idempotent-Replayed", "ETag", "WWW-Authenticate" })
        {
            if (response.Headers.Contains(name)) described.GetProperty("headers").TryGetProperty(name, out _).ShouldBeTrue($"{where} has {name}, which is not described");
        }

        if (response.Content.Headers.ContentType?.MediaType is { } type && request.Method != HttpMethod.Head)
        {
            described.GetProperty("content").TryGetProperty(type, out var media).ShouldBeTrue($"{where} is {type}, which is not described");
            if (type.EndsWith("json", StringComparison.Ordinal))
            {
                await response.Content.LoadIntoBufferAsync(cancellationToken);
                var value = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(cancellationToken)).RootElement;
                _schemas.Check(media.GetProperty("schema"), value).ShouldBeEmpty(where);
                _schemas.Undescribed(media.GetProperty("schema"), value).ShouldBeEmpty(where);
            }
        }

        Seen.Add(where);
        return response;
    }

    private (string Path, JsonElement Operation) Find(string method, string path)
    {
        // What has fewer parameters is meant where several fit, as in routing.
        var found = document.GetProperty("paths").EnumerateObject()
            .Where(p => Regex.IsMatch(path, "^" + Regex.Replace(p.Name, @"\{\w+\}", "[^/]+") + "$")).MinBy(p => p.Name.Count(c => c == '{'));
        found.Value.ValueKind.ShouldBe(JsonValueKind.Object, $"{path} is not described");
        return (found.Name, found.Value.GetProperty(method));
    }
}
