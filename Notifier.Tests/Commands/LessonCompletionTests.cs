using System.Net;
using System.Text.Json;
using Notifier.Tests.Support;

namespace Notifier.Tests.Commands;

public sealed class LessonCompletionTests(NotifierHost host) : IClassFixture<NotifierHost>
{
    [Fact]
    public async Task A_completion_is_told_once_to_the_class_and_to_the_learner_and_answered_the_same_ever_after()
    {
        var (track, user) = (Fresh.Room(), Fresh.User());
        await using var room = await host.OpenAsync($"/api/rooms/class:{track}/events?presence=false");
        await using var own = await host.OpenAsync($"/api/users/me/events?as={user}");

        using var first = await host.Http.PostTextAsync($"/api/tracks/{track}/lessons/abc/complete", $$"""{"userId":"{{user}}"}""");
        using var again = await host.Http.PostTextAsync($"/api/tracks/{track}/lessons/abc/complete", $$"""{"userId":"{{user}}"}""");
        using var next = await host.Http.PostTextAsync($"/api/tracks/{track}/lessons/def/complete", $$"""{"userId":"{{user}}"}""");

        first.StatusCode.ShouldBe(HttpStatusCode.Created);
        again.StatusCode.ShouldBe(HttpStatusCode.OK);
        next.StatusCode.ShouldBe(HttpStatusCode.Created);
        (await again.Content.ReadAsStringAsync()).ShouldBe(await first.Content.ReadAsStringAsync());
        var (inRoom, inOwn) = ((await room.ReadAsync()).Json, (await own.ReadAsync()).Json);
        var acknowledged = await first.JsonAsync();
        acknowledged.GetProperty("topic").GetString().ShouldBe($"room:class:{track}");
        acknowledged.GetProperty("id").GetString().ShouldBe(inRoom.GetProperty("id").GetString());
        inOwn.GetProperty("topic").GetString().ShouldBe($"user:{user}");
        inOwn.GetProperty("commandId").GetString().ShouldBe(inRoom.GetProperty("commandId").GetString());
        foreach (var told in new[] { inRoom, inOwn })
        {
            told.GetProperty("type").GetString().ShouldBe("progress:updated");
            var data = told.GetProperty("data");
            data.EnumerateObject().Select(p => p.Name).ShouldBe(["trackId", "lessonId", "userId", "completedLessons", "completedAt"], ignoreOrder: true);
            data.GetProperty("trackId").GetString().ShouldBe(track);
            data.GetProperty("lessonId").GetString().ShouldBe("abc");
            data.GetProperty("userId").GetString().ShouldBe(user);
            data.GetProperty("completedLessons").GetInt32().ShouldBe(1);
            data.GetProperty("completedAt").GetString()!.ShouldMatch(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$");
        }

        var second = (await room.ReadAsync()).Json.GetProperty("data");
        second.GetProperty("lessonId").GetString().ShouldBe("def");
        second.GetProperty("completedLessons").GetInt32().ShouldBe(2);
    }

    [Fact]
    public async Task Twenty_who_complete_the_same_lesson_at_once_make_one_event()
    {
        var (track, user) = (Fresh.Room(), Fresh.User());
        using var client = host.NewClient(await host.TokenAsync(user, rooms: ["class:*"]));

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => client.PostTextAsync($"/api/tracks/{track}/lessons/abc/complete", "{}")));

        answers.Count(a => a.StatusCode == HttpStatusCode.Created).ShouldBe(1);
        answers.Count(a => a.StatusCode == HttpStatusCode.OK).ShouldBe(19);
        (await Task.WhenAll(answers.Select(a => a.Content.ReadAsStringAsync()))).Distinct().Count().ShouldBe(1);
        (await host.Http.StoredAsync($"room:class:{track}")).Count.ShouldBe(1);
        (await host.Http.StoredAsync($"user:{user}", user)).Count.ShouldBe(1);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("""{"userId":null}""")]
    [InlineData("""{"userId":"me"}""")]
    public async Task Without_a_user_in_the_body_or_without_a_body_it_is_the_caller_who_completed(string? json)
    {
        var (track, user) = (Fresh.Room(), Fresh.User());
        using var client = host.NewClient(await host.TokenAsync(user, rooms: [$"class:{track}"]));

        using var answer = json is null
            ? await client.PostAsync($"/api/tracks/{track}/lessons/abc/complete", null)
            : await client.PostTextAsync($"/api/tracks/{track}/lessons/abc/complete", json);

        answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
        (await host.Http.StoredAsync($"user:{user}", user)).Single().GetProperty("data").GetProperty("userId").GetString().ShouldBe(user);
    }

    [Fact]
    public async Task Learners_and_tracks_are_counted_apart()
    {
        var (one, two) = (Fresh.Room(), Fresh.Room());
        await CompleteAsync(one, "abc", "ada");
        await CompleteAsync(one, "def", "ada");

        await CompleteAsync(one, "abc", "bob");
        await CompleteAsync(two, "abc", "ada");

        (await host.Http.StoredAsync($"room:class:{one}")).ConvertAll(Count).ShouldBe([1, 2, 1]);
        (await host.Http.StoredAsync($"room:class:{two}")).ConvertAll(Count).ShouldBe([1]);

        static int Count(JsonElement e) => e.GetProperty("data").GetProperty("completedLessons").GetInt32();
    }

    [Theory]
    [InlineData(new[] { "class:*" }, new string[0], new string[0], true, HttpStatusCode.Created)]
    [InlineData(new[] { "class:*" }, new string[0], new string[0], false, HttpStatusCode.Forbidden)]
    [InlineData(new[] { "general" }, new string[0], new string[0], true, HttpStatusCode.Forbidden)]
    [InlineData(new string[0], new[] { "class:*" }, new string[0], true, HttpStatusCode.Forbidden)]
    [InlineData(new[] { "class:*" }, new string[0], new[] { "instructor" }, false, HttpStatusCode.Created)]
    [InlineData(new string[0], new string[0], new[] { "instructor" }, true, HttpStatusCode.Forbidden)]
    [InlineData(new string[0], new[] { "*" }, new[] { "instructor" }, false, HttpStatusCode.Forbidden)]
    [InlineData(new string[0], new string[0], new[] { "publisher" }, false, HttpStatusCode.Created)]
    [InlineData(new string[0], new string[0], new[] { "admin" }, false, HttpStatusCode.Created)]
    public async Task Completing_takes_the_right_to_send_in_the_class_and_for_somebody_else_a_role(
        string[] rooms, string[] roomsRead, string[] roles, bool forOneself, HttpStatusCode expected)
    {
        var (track, caller) = (Fresh.Room(), Fresh.User());
        var learner = forOneself ? caller : Fresh.User();
        using var client = host.NewClient(await host.TokenAsync(caller, roles, rooms, roomsRead));

        using var answer = await client.PostTextAsync($"/api/tracks/{track}/lessons/abc/complete", $$"""{"userId":"{{learner}}"}""");

        answer.StatusCode.ShouldBe(expected, await answer.Content.ReadAsStringAsync());
        var stored = await host.Http.StoredAsync($"user:{learner}", learner);
        stored.ConvertAll(e => e.GetProperty("from").GetProperty("id").GetString()).ShouldBe(expected == HttpStatusCode.Created ? [caller] : []);
    }

    [Theory]
    [InlineData("""{"userId":""}""")]
    [InlineData("""{"userId":"a b"}""")]
    [InlineData("""{"userId":".."}""")]
    [InlineData("""{"userId":"a\n"}""")]
    [InlineData("""{"userId":5}""")]
    [InlineData("""{"userId":["ada"]}""")]
    public async Task A_learner_has_to_be_a_user(string json)
    {
        var track = Fresh.Room();

        using var answer = await host.Http.PostTextAsync($"/api/tracks/{track}/lessons/abc/complete", json);

        await answer.ShouldBeInvalidAsync("userId");
        (await host.Http.StoredAsync($"room:class:{track}")).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_track_and_a_lesson_may_have_names_of_128_characters()
    {
        var track = Fresh.Room().PadRight(128, 'x');

        await CompleteAsync(track, new string('l', 128), new string('u', 128));

        (await host.Http.StoredAsync($"room:class:{track}")).Count.ShouldBe(1);
    }

    private async Task CompleteAsync(string track, string lesson, string user)
    {
        using var answer = await host.Http.PostTextAsync($"/api/tracks/{track}/lessons/{lesson}/complete", $$"""{"userId":"{{user}}"}""");
        answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
    }
}
