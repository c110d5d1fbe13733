using System.Net;
using Notifier.Tests.Support;

namespace Notifier.Tests.Commands;

public sealed class IdempotencyKeyTests(NotifierHost host) : IClassFixture<NotifierHost>
{
    [Theory]
    [ClassData(typeof(EveryCommand))]
    public async Task The_same_key_gets_the_first_answer_again_and_no_second_event(string path, string members, string topic)
    {
        (var name, path, members, topic) = EveryCommand.Fill(path, members, topic);
        using var first = await host.Http.PostTextAsync(path, $"{{{members}}}", ("Idempotency-Key", name));
        var held = await CountAsync(topic, name);

        using var again = await host.Http.PostTextAsync(path, $"{{{members}}}", ("Idempotency-Key", name));

        first.StatusCode.ShouldBe(HttpStatusCode.Created);
        first.Headers.Contains("Idempotent-Replayed").ShouldBeFalse();
        again.StatusCode.ShouldBe(HttpStatusCode.Created);
        again.Headers.GetValues("Idempotent-Replayed").ShouldBe(["true"]);
        (await again.Content.ReadAsStringAsync()).ShouldBe(await first.Content.ReadAsStringAsync());
        (await CountAsync(topic, name)).ShouldBe(held);
    }

    [Theory]
    [ClassData(typeof(EveryCommand))]
    public async Task The_same_key_with_another_body_is_refused(string path, string members, string topic)
    {
        (var name, path, members, topic) = EveryCommand.Fill(path, members, topic);
        using var first = await host.Http.PostTextAsync(path, $"{{{members}}}", ("Idempotency-Key", name));
        var held = await CountAsync(topic, name);

        using var other = await host.Http.PostTextAsync(path, $$"""{{{members}},"clientMessageId":"other"}""", ("Idempotency-Key", name));

        first.StatusCode.ShouldBe(HttpStatusCode.Created);
        await other.ShouldBeProblemAsync(HttpStatusCode.UnprocessableEntity);
        (await CountAsync(topic, name)).ShouldBe(held);
    }

    [Theory]
    [ClassData(typeof(EveryCommand))]
    public async Task Twins_under_way_at_once_store_one_event_and_get_one_answer(string path, string members, string topic)
    {
        (var name, path, members, topic) = EveryCommand.Fill(path, members, topic);
        var before = await CountAsync(topic, name);

        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => host.Http.PostTextAsync(path, $"{{{members}}}", ("Idempotency-Key", name))));

        answers.ShouldAllBe(answer => answer.StatusCode == HttpStatusCode.Created);
        answers.Count(answer => !answer.Headers.Contains("Idempotent-Replayed")).ShouldBe(1);
        var bodies = await Task.WhenAll(answers.Select(answer => answer.Content.ReadAsStringAsync()));
        bodies.Distinct().Count().ShouldBe(1);
        (await CountAsync(topic, name)).ShouldBe(before + 1);
    }

    [Theory]
    [ClassData(typeof(EveryCommand))]
    public async Task Another_caller_with_the_same_key_is_another_command(string path, string members, string topic)
    {
        (var name, path, members, _) = EveryCommand.Fill(path, members, topic);
        using var first = await host.Http.PostTextAsync($"{path}?as=ada", $"{{{members}}}", ("Idempotency-Key", name));

        using var other = await host.Http.PostTextAsync($"{path}?as=bob", $"{{{members}}}", ("Idempotency-Key", name));

        // A lesson is completed once, whoever says so: that answer is the state's, not the key's.
        other.StatusCode.ShouldBe(path.Contains("/lessons/", StringComparison.Ordinal) ? HttpStatusCode.OK : HttpStatusCode.Created);
        other.Headers.Contains("Idempotent-Replayed").ShouldBeFalse();
    }

    [Fact]
    public async Task The_same_key_on_another_path_is_another_command()
    {
        var (one, two) = (Fresh.Room(), Fresh.Room());
        using var first = await host.Http.PostTextAsync($"/api/rooms/{one}/messages", """{"text":"hi"}""", ("Idempotency-Key", "k"));

        using var other = await host.Http.PostTextAsync($"/api/rooms/{two}/messages", """{"text":"hi"}""", ("Idempotency-Key", "k"));

        other.StatusCode.ShouldBe(HttpStatusCode.Created);
        other.Headers.Contains("Idempotent-Replayed").ShouldBeFalse();
        (await CountAsync($"room:{two}", "reader")).ShouldBe(1);
    }

    [Fact]
    public async Task A_publish_with_the_same_key_and_other_topics_is_refused()
    {
        var (one, two) = (Fresh.Room(), Fresh.Room());
        using var first = await host.Http.PostTextAsync("/api/publish", $$"""{"topics":["room:{{one}}"],"type":"t","data":1}""", ("Idempotency-Key", one));

        using var other = await host.Http.PostTextAsync("/api/publish", $$"""{"topics":["room:{{two}}"],"type":"t","data":1}""", ("Idempotency-Key", one));

        await other.ShouldBeProblemAsync(HttpStatusCode.UnprocessableEntity);
        (await CountAsync($"room:{two}", "reader")).ShouldBe(0);
    }

    [Fact]
    public async Task A_repeated_private_message_reaches_neither_end_twice()
    {
        var (sender, recipient) = (Fresh.User(), Fresh.User());
        for (var i = 0; i < 2; i++)
        {
            using var answer = await host.Http.PostTextAsync($"/api/users/{recipient}/messages?as={sender}", """{"text":"hi"}""", ("Idempotency-Key", "k"));
            answer.StatusCode.ShouldBe(HttpStatusCode.Created);
        }

        (await CountAsync($"user:{recipient}", recipient)).ShouldBe(1);
        (await CountAsync($"user:{sender}", sender)).ShouldBe(1);
    }

    [Fact]
    public async Task A_caller_who_lost_the_right_gets_no_old_answer()
    {
        var room = Fresh.Room();
        using var before = host.NewClient(await host.TokenAsync("ada", rooms: [room]));
        using var after = host.NewClient(await host.TokenAsync("ada", roomsRead: [room]));
        using var first = await before.PostTextAsync($"/api/rooms/{room}/messages", """{"text":"hi"}""", ("Idempotency-Key", "k"));

        using var again = await after.PostTextAsync($"/api/rooms/{room}/messages", """{"text":"hi"}""", ("Idempotency-Key", "k"));
        using var otherBody = await after.PostTextAsync($"/api/rooms/{room}/messages", """{"text":"ho"}""", ("Idempotency-Key", "k"));

        first.StatusCode.ShouldBe(HttpStatusCode.Created);
        await again.ShouldBeProblemAsync(HttpStatusCode.Forbidden);
        await otherBody.ShouldBeProblemAsync(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task A_repeat_with_If_Match_gets_its_first_answer_though_the_topic_has_moved_on()
    {
        var room = Fresh.Room();
        var head = await host.Http.SayAsync(room, "head");
        using var first = await PostAsync();
        await host.Http.SayAsync(room, "later");

        using var again = await PostAsync();

        again.StatusCode.ShouldBe(HttpStatusCode.Created);
        (await again.Content.ReadAsStringAsync()).ShouldBe(await first.Content.ReadAsStringAsync());

        Task<HttpResponseMessage> PostAsync() =>
            host.Http.PostTextAsync($"/api/rooms/{room}/events", """{"type":"t","data":1}""", ("Idempotency-Key", "k"), ("If-Match", $"\"{head}\""));
    }

    [Fact]
    public async Task A_refusal_is_not_what_a_key_remembers()
    {
        var room = Fresh.Room();
        var head = await host.Http.SayAsync(room, "head");
        using var refused = await PostAsync("1-0");

        using var stored = await PostAsync(head);

        await refused.ShouldBeProblemAsync(HttpStatusCode.PreconditionFailed);
        stored.StatusCode.ShouldBe(HttpStatusCode.Created);
        stored.Headers.Contains("Idempotent-Replayed").ShouldBeFalse();

        Task<HttpResponseMessage> PostAsync(string ifMatch) =>
            host.Http.PostTextAsync($"/api/rooms/{room}/events", """{"type":"t","data":1}""", ("Idempotency-Key", "k"), ("If-Match", $"\"{ifMatch}\""));
    }

    [Fact]
    public async Task A_repeated_completion_is_told_from_a_second_one()
    {
        var path = $"/api/tracks/{Fresh.Room()}/lessons/abc/complete";
        using var first = await host.Http.PostTextAsync(path, "{}");
        using var second = await host.Http.PostTextAsync(path, "{}", ("Idempotency-Key", "k"));

        using var again = await host.Http.PostTextAsync(path, "{}", ("Idempotency-Key", "k"));

        first.StatusCode.ShouldBe(HttpStatusCode.Created);
        second.StatusCode.ShouldBe(HttpStatusCode.OK);
        second.Headers.Contains("Idempotent-Replayed").ShouldBeFalse();
        again.StatusCode.ShouldBe(HttpStatusCode.OK);
        again.Headers.GetValues("Idempotent-Replayed").ShouldBe(["true"]);
        (await again.Content.ReadAsStringAsync()).ShouldBe(await first.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("")]
    [InlineData("two words")]
    [InlineData("tab\tbed")]
    [InlineData("clé")]
    [InlineData(null)]
    public async Task A_key_of_other_than_1_to_128_visible_ASCII_characters_is_refused(string? key)
    {
        var room = Fresh.Room();
        key ??= new string('k', 129);
        const string Json = """{"text":"hi"}""";

        using var answer = await host.SendRawAsync(
            $"POST /api/rooms/{room}/messages HTTP/1.1\r\nHost: test\r\nIdempotency-Key: {key}\r\nContent-Type: application/json\r\nContent-Length: {Json.Length}\r\n\r\n{Json}");

        await answer.ShouldBeProblemAsync(HttpStatusCode.BadRequest);
        (await CountAsync($"room:{room}", "reader")).ShouldBe(0);
    }

    [Fact]
    public async Task A_key_of_128_visible_ASCII_characters_is_taken()
    {
        var key = string.Concat(Enumerable.Range('!', 94).Select(c => (char)c)) + new string('~', 34);

        using var answer = await host.Http.PostTextAsync($"/api/rooms/{Fresh.Room()}/messages", """{"text":"hi"}""", ("Idempotency-Key", key));

        answer.StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    private async Task<int> CountAsync(string topic, string user) => (await host.Http.StoredAsync(topic, user)).Count;
}
