using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Notifier.Tests.Support;

namespace Notifier.Tests.Descriptions;

public sealed class ApiDescriptionTests
{
    [Fact]
    public async Task Every_route_is_described_and_nothing_else_is()
    {
        await using var host = NotifierHost.With();
        var document = await OpenApiAsync(host);

        var described = document.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject().Select(operation => $"{operation.Name.ToUpperInvariant()} {path.Name}"));
        described.Order(StringComparer.Ordinal).ShouldBe(Mapped(host).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Outside_development_its_routes_are_not_described()
    {
        await using var host = NotifierHost.In("Production", ("Auth:SigningKey", TestTokens.Key));
        var document = await OpenApiAsync(host);

        document.GetProperty("paths").TryGetProperty("/api/dev/tokens", out _).ShouldBeFalse();
        document.GetProperty("paths").TryGetProperty("/api/tickets", out _).ShouldBeTrue();
    }

    [Fact]
    public async Task The_document_is_whole_and_its_examples_fit_their_schemas()
    {
        await using var host = NotifierHost.With();
        var document = await OpenApiAsync(host);
        var schemas = new JsonSchema(document);

        document.GetProperty("openapi").GetString().ShouldBe("3.1.0");
        CheckReferences(document, document);
        foreach (var schema in document.GetProperty("components").GetProperty("schemas").EnumerateObject())
        {
            if (!schema.Value.TryGetProperty("examples", out var examples)) continue;
            foreach (var example in examples.EnumerateArray()) schemas.Check(schema.Value, example).ShouldBeEmpty(schema.Name);
        }

        var ids = new HashSet<string>(StringComparer.Ordinal);
        foreach (var path in document.GetProperty("paths").EnumerateObject())
        {
            foreach (var operation in path.Value.EnumerateObject())
            {
                ids.Add(operation.Value.GetProperty("operationId").GetString()!).ShouldBeTrue($"{path.Name} {operation.Name}");
                operation.Value.GetProperty("summary").GetString().ShouldNotBeNullOrEmpty();
                var parameters = operation.Value.TryGetProperty("parameters", out var list) ? list.EnumerateArray().Select(schemas.Resolve).ToArray() : [];
                parameters.Where(p => p.GetProperty("in").GetString() == "path").Select(p => $"{{{p.GetProperty("name").GetString()}}}")
                    .ShouldBe(System.Text.RegularExpressions.Regex.Matches(path.Name, @"\{\w+\}").Select(match => match.Value));
                foreach (var response in operation.Value.GetProperty("responses").EnumerateObject()) schemas.Resolve(response.Value).GetProperty("description").GetString().ShouldNotBeNullOrEmpty();
            }
        }
    }

    [Fact]
    public async Task What_the_service_answers_in_a_scripted_run_is_what_is_described()
    {
        await using var host = NotifierHost.With();
        var document = await OpenApiAsync(host);
        var answers = new DescribedAnswers(document, new SocketsHttpHandler { UseCookies = false });
        using var client = new HttpClient(answers) { BaseAddress = host.Address };
        var token = await host.TokenAsync("root", roles: ["admin"]);
        var limited = await host.TokenAsync("limited");

        foreach (var path in new[]
        {
            "/api/rooms/general/messages", "/api/rooms/general/messages?limit=0", "/api/tracks/js/progress", "/healthz", "/readyz", "/health", "/metrics", "/openapi/v1.json", "/asyncapi.json",
            "/api/admin/connections", "/api/admin/events",
        })
        {
            using var answer = await client.GetAsync(path);
        }

        var id = await SendAsync("/api/rooms/general/messages", """{"text":"hi","data":{"a":1},"clientMessageId":"c"}""");
        foreach (var (path, body, header) in new (string, string, (string, string)?)[]
        {
            ("/api/rooms/general/messages", "{}", null), ("/api/rooms/general/messages", """{"text":"hi"}""", ("Idempotency-Key", "k")),
            ("/api/rooms/general/messages", """{"text":"hi"}""", ("Idempotency-Key", "k")), ("/api/rooms/general/messages", """{"text":"ho"}""", ("Idempotency-Key", "k")),
            ("/api/rooms/general/messages", $$"""{"text":"{{new string('x', 20_000)}}"}""", null),
            ("/api/rooms/general/events", """{"type":"doc:update","data":1}""", null), ("/api/rooms/general/events", """{"type":"doc:update","data":1}""", ("If-Match", "\"1-0\"")),
            ("/api/rooms/general/events", """{"type":"cursor","data":1,"ephemeral":true}""", null), ("/api/users/bob/messages", """{"text":"psst"}""", null),
            ("/api/users/bob/notifications", """{"title":"t"}""", null), ("/api/broadcast", """{"type":"note","data":null}""", null),
            ("/api/publish", """{"topics":["room:a","user:bob"],"type":"note","data":1}""", null), ("/api/publish", """[{"topics":["room:a"],"type":"welcome","data":1}]""", null),
            ("/api/tracks/js/lessons/one/complete", "{}", null), ("/api/tracks/js/lessons/one/complete", "{}", null), ("/api/tickets", "{}", null),
            ("/api/dev/tokens", """{"sub":"ada"}""", null), ("/api/dev/tokens", "{}", null),
        })
        {
            using var answer = await client.PostTextAsync(path, body, header is { } h ? [h] : []);
        }

        using var text = await client.PostAsync("/api/rooms/general/messages", new StringContent("hi"));
        client.DefaultRequestHeaders.Authorization = new("Bearer", limited);
        await client.PostTextAsync("/api/rooms/general/messages", """{"text":"hi"}""");
        await client.GetAsync("/api/rooms/general/messages");
        client.DefaultRequestHeaders.Authorization = new("Bearer", "nonsense");
        await client.PostTextAsync("/api/rooms/general/messages", """{"text":"hi"}""");
        client.DefaultRequestHeaders.Authorization = new("Bearer", token);
        await client.GetAsync("/api/admin/connections");
        await client.DeleteAsync("/api/admin/users/bob/connections");
        foreach (var path in new[] { "/api/rooms/general/events?since=all", "/api/users/bob/events?since=all", "/api/events?topic=room:general&last=2", $"/api/rooms/general/events?lastEventId=1-0" })
        {
            var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.Accept.ParseAdd("application/json");
            using var poll = await client.SendAsync(request);
            poll.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        var refused = new HttpRequestMessage(HttpMethod.Get, "/api/rooms/general/events");
        refused.Headers.Accept.ParseAdd("text/html");
        (await client.SendAsync(refused)).StatusCode.ShouldBe(HttpStatusCode.NotAcceptable);
        using var head = await client.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/api/rooms/general/events"));

        foreach (var status in new[] { "200", "201", "202", "204", "400", "401", "403", "406", "412", "413", "415", "422" }) answers.Seen.ShouldContain(seen => seen.EndsWith(status, StringComparison.Ordinal), status);
        answers.Seen.ShouldContain("POST /api/rooms/{room}/messages 422");

        async Task<string> SendAsync(string path, string body)
        {
            using var answer = await client.PostTextAsync(path, body);
            return (await answer.JsonAsync()).GetProperty("id").GetString()!;
        }
    }

    [Fact]
    public async Task Every_event_of_a_run_is_described_with_a_schema_that_it_fits_in_both_documents()
    {
        await using var host = NotifierHost.With(("Log:MaxEventsPerTopic", "3"));
        var openApi = await OpenApiAsync(host);
        using var answer = await host.Http.GetAsync("/asyncapi.json");
        var asyncApi = await answer.JsonAsync();
        CheckReferences(asyncApi, asyncApi);
        asyncApi.GetProperty("asyncapi").GetString().ShouldBe("3.0.0");
        var admin = await host.TokenAsync("root", roles: ["admin"]);
        var seen = new HashSet<string>(StringComparer.Ordinal);

        await using var watching = await host.OpenAsync("/api/admin/events", token: admin);
        await using var user = await host.OpenAsync("/api/users/me/events?as=bob");
        var first = await host.Http.SayAsync("general", "one");
        for (var i = 0; i < 5; i++) await host.Http.SayAsync("general", "more");
        await using var room = await host.OpenAsync("/api/rooms/general/events?as=bob&heartbeat=event", lastEventId: first);
        await using var learner = await host.OpenAsync("/api/events?topic=room:class:js&topic=all", token: await host.TokenAsync("cleo", rooms: ["*"]));
        await host.Http.PostTextAsync("/api/users/bob/messages", """{"text":"psst"}""");
        await host.Http.PostTextAsync("/api/users/bob/notifications", """{"title":"t"}""");
        await host.Http.PostTextAsync("/api/broadcast", """{"type":"note","data":null}""");
        await host.Http.PostTextAsync("/api/tracks/js/lessons/one/complete", "{}");
        await host.Http.PostTextAsync("/api/rooms/general/events", """{"type":"cursor","data":1,"ephemeral":true}""");
        await Check(user, "user", "private-message", "notification", "note");
        await Check(room, "room", "gap", "message", "cursor");
        await Check(learner, "topics", "progress:updated");
        using var revoke = await host.NewClient(admin).DeleteAsync("/api/admin/users/cleo/connections");
        await Check(learner, "topics", "expired");
        await Check(watching, "admin", "connected", "stats", "disconnected");

        seen.ShouldBe(["welcome", "gap", "message", "private-message", "notification", "progress:updated", "note", "cursor", "expired", "connected", "disconnected", "stats"], ignoreOrder: true);

        async Task Check(SseStreamReader stream, string channel, params string[] types)
        {
            Fits(stream.Welcome, channel);
            var missing = types.ToHashSet(StringComparer.Ordinal);
            while (missing.Count > 0)
            {
                var block = await stream.ReadAsync();
                if (block.Event is null) continue;
                Fits(block, channel);
                missing.Remove(block.Event);
            }
        }

        void Fits(SseBlock block, string channel)
        {
            seen.Add(block.Event!);
            var described = asyncApi.GetProperty("channels").GetProperty(channel);
            var asyncSchemas = new JsonSchema(asyncApi);
            var messages = described.GetProperty("messages").EnumerateObject().ToDictionary(m => asyncSchemas.Resolve(m.Value).GetProperty("name").GetString()!, m => asyncSchemas.Resolve(m.Value));
            var message = messages.TryGetValue(block.Event!, out var known) ? known : messages["custom"];
            asyncSchemas.Check(message.GetProperty("payload"), block.Json).ShouldBeEmpty(block.Event);

            var media = openApi.GetProperty("paths").GetProperty(described.GetProperty("address").GetString()!).GetProperty("get").GetProperty("responses").GetProperty("200").GetProperty("content").GetProperty("text/event-stream");
            var schema = media.GetProperty("x-events").TryGetProperty(block.Event!, out var own) ? own : JsonDocument.Parse("""{"$ref":"#/components/schemas/Event"}""").RootElement;
            new JsonSchema(openApi).Check(schema, block.Json).ShouldBeEmpty(block.Event);
        }
    }

    [Theory]
    [InlineData("""{"type":"string"}""", "1")]
    [InlineData("""{"required":["a"]}""", "{}")]
    [InlineData("""{"properties":{"a":{"type":"integer"}}}""", """{"a":1.5}""")]
    [InlineData("""{"additionalProperties":false,"properties":{}}""", """{"a":1}""")]
    [InlineData("""{"items":{"enum":[1]}}""", "[1,2]")]
    [InlineData("""{"oneOf":[{"type":"integer"},{"type":"number"}]}""", "1")]
    [InlineData("""{"pattern":"^a$"}""", "\"b\"")]
    [InlineData("""{"minItems":1}""", "[]")]
    public void The_checker_that_these_tests_use_refuses_what_does_not_fit(string schema, string value) =>
        new JsonSchema(default).Check(JsonDocument.Parse(schema).RootElement, JsonDocument.Parse(value).RootElement).ShouldNotBeEmpty();

    private static async Task<JsonElement> OpenApiAsync(NotifierHost host)
    {
        using var answer = await host.Http.GetAsync("/openapi/v1.json");
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        return await answer.JsonAsync();
    }

    private static IEnumerable<string> Mapped(NotifierHost host) => host.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        .SelectMany(endpoint => endpoint.Metadata.OfType<HttpMethodMetadata>().Single().HttpMethods.Select(method => $"{method} {endpoint.RoutePattern.RawText}"));

    private static void CheckReferences(JsonElement document, JsonElement node)
    {
        if (node.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in node.EnumerateArray()) CheckReferences(document, item);
        }
        else if (node.ValueKind == JsonValueKind.Object)
        {
            foreach (var member in node.EnumerateObject())
            {
                if (member is { Name: "$ref", Value.ValueKind: JsonValueKind.String }) new JsonSchema(document).Resolve(node).ValueKind.ShouldBe(JsonValueKind.Object);
                else CheckReferences(document, member.Value);
            }
        }
    }
}
