using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Notifier.Tests.Deployment;

/// <summary>As much of a cluster's API as kubectl asks for: what kinds there are, and a place for objects. It runs nothing.</summary>
internal sealed class StandInCluster : IAsyncDisposable
{
    private static readonly Dictionary<string, (string Plural, string Kind)[]> Kinds = new(StringComparer.Ordinal)
    {
        ["v1"] = [("secrets", "Secret"), ("services", "Service"), ("configmaps", "ConfigMap"), ("namespaces", "Namespace")],
        ["apps/v1"] = [("deployments", "Deployment"), ("statefulsets", "StatefulSet")],
        ["autoscaling/v2"] = [("horizontalpodautoscalers", "HorizontalPodAutoscaler")],
        ["networking.k8s.io/v1"] = [("ingresses", "Ingress")],
        ["policy/v1"] = [("poddisruptionbudgets", "PodDisruptionBudget")],
    };

    private readonly WebApplication _app;
    private readonly List<(string Kind, string Text)> _created = [];

    private StandInCluster(WebApplication app) => _app = app;

    /// <summary>What was created, with its text as it was sent.</summary>
    public IReadOnlyList<(string Kind, string Text)> Created => _created;

    public static async Task<StandInCluster> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var cluster = new StandInCluster(builder.Build());
        cluster._app.Run(cluster.AnswerAsync);
        await cluster._app.StartAsync();
        return cluster;
    }

    /// <summary>Writes the file that tells kubectl where the cluster is.</summary>
    public void WriteConfig(string path) => File.WriteAllText(path, $$"""
        apiVersion: v1
        kind: Config
        clusters: [{ name: here, cluster: { server: "{{_app.Urls.First()}}" } }]
        contexts: [{ name: here, context: { cluster: here, user: nobody } }]
        users: [{ name: nobody, user: {} }]
        current-context: here
        """);

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext http)
    {
        var path = http.Request.Path.Value!.TrimEnd('/');
        if (HttpMethods.IsPost(http.Request.Method))
        {
            using var sent = new MemoryStream();
            await http.Request.Body.CopyToAsync(sent);
            var kind = Kinds.Values.SelectMany(kinds => kinds).Single(kind => path.EndsWith($"/{kind.Plural}", StringComparison.Ordinal)).Kind;
            lock (_created) _created.Add((kind, Encoding.Latin1.GetString(sent.ToArray())));

            // JSON from some of kubectl's commands, Protocol Buffers from others: what was created is what was sent.
            http.Response.StatusCode = StatusCodes.Status201Created;
            http.Response.ContentType = http.Request.ContentType;
            await http.Response.Body.WriteAsync(sent.ToArray());
            return;
        }

        var (status, answer) = path switch
        {
            "/version" => (200, new JsonObject { ["major"] = "1", ["minor"] = "32", ["gitVersion"] = "v1.32.0" }),
            "/api" => (200, new() { ["kind"] = "APIVersions", ["versions"] = new JsonArray("v1") }),
            "/apis" => (200, Groups()),
            _ when Kinds.TryGetValue(path.Replace("/apis/", "", StringComparison.Ordinal).Replace("/api/", "", StringComparison.Ordinal), out var kinds) => (200, Resources(path, kinds)),
            _ => (404, new() { ["kind"] = "Status", ["apiVersion"] = "v1", ["status"] = "Failure", ["reason"] = "NotFound", ["code"] = 404 }),
        };
        await AnswerAsync(http, status, answer);
    }

    private static async Task AnswerAsync(HttpContext http, int status, JsonObject answer)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        await http.Response.WriteAsync(answer.ToJsonString(JsonSerializerOptions.Default));
    }

    private static JsonObject Groups() => new()
    {
        ["kind"] = "APIGroupList",
        ["apiVersion"] = "v1",
        ["groups"] = new JsonArray([.. Kinds.Keys.Where(version => version.Contains('/', StringComparison.Ordinal)).Select(version =>
        {
            JsonObject Version() => new() { ["groupVersion"] = version, ["version"] = version.Split('/')[1] };
            return new JsonObject { ["name"] = version.Split('/')[0], ["versions"] = new JsonArray(Version()), ["preferredVersion"] = Version() };
        })]),
    };

    private static JsonObject Resources(string path, (string Plural, string Kind)[] kinds) => new()
    {
        ["kind"] = "APIResourceList",
        ["apiVersion"] = "v1",
        ["groupVersion"] = path.Replace("/apis/", "", StringComparison.Ordinal).Replace("/api/", "", StringComparison.Ordinal),
        ["resources"] = new JsonArray([.. kinds.Select(kind => new JsonObject
        {
            ["name"] = kind.Plural,
            ["singularName"] = "",
            ["namespaced"] = kind.Plural != "namespaces",
            ["kind"] = kind.Kind,
            ["verbs"] = new JsonArray("create", "get", "list", "patch"),
        })]),
    };
}
