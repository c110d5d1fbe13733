using System.Net;
using System.Text.Json;
using Notifier.Tests.Support;

namespace Notifier.Tests.Queries;

public sealed class TrackProgressTests(NotifierHost host) : IClassFixture<NotifierHost>
{
    [Fact]
    public async Task A_track_shows_what_each_learner_completed_and_when_the_newest_was()
    {
        var track = Fresh.Room();
        await CompleteAsync(track, "def", "ada");
        await CompleteAsync(track, "abc", "ada");
        await CompleteAsync(track, "abc", "bob");
        await CompleteAsync(track, "abc", "ada");
        await CompleteAsync(Fresh.Room(), "ghi", "ada");

        using var answer = await host.Http.GetAsync($"/api/tracks/{track}/progress");

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        var progress = await answer.JsonAsync();
        progress.EnumerateObject().Select(p => p.Name).ShouldBe(["trackId", "learners"], ignoreOrder: true);
        progress.GetProperty("trackId").GetString().ShouldBe(track);
        var learners = progress.GetProperty("learners").EnumerateArray().ToDictionary(l => l.GetProperty("userId").GetString()!);
        learners.Keys.ShouldBe(["ada", "bob"], ignoreOrder: true);
        Lessons(learners["ada"]).ShouldBe(["abc", "def"], ignoreOrder: true);
        Lessons(learners["bob"]).ShouldBe(["abc"]);
        var told = (await host.Http.StoredAsync($"room:class:{track}"))[1].GetProperty("data");
        told.GetProperty("lessonId").GetString().ShouldBe("abc");
        learners["ada"].GetProperty("updatedAt").GetString().ShouldBe(told.GetProperty("completedAt").GetString());
    }

    [Fact]
    public async Task A_completion_is_seen_as_soon_as_it_is_acknowledged()
    {
        var track = Fresh.Room();
        for (var i = 1; i <= 10; i++)
        {
            await CompleteAsync(track, $"lesson-{i}", "ada");

            using var answer = await host.Http.GetAsync($"/api/tracks/{track}/progress");

            Lessons((await answer.JsonAsync()).GetProperty("learners")[0]).Count.ShouldBe(i);
        }
    }

    [Fact]
    public async Task A_track_that_nobody_began_has_no_learners()
    {
        var track = Fresh.Room();

        using var answer = await host.Http.GetAsync($"/api/tracks/{track}/progress");

        (await answer.JsonAsync()).GetRawText().ShouldBe($$"""{"trackId":"{{track}}","learners":[]}""");
    }

    [Theory]
    [InlineData(new[] { "class:*" }, new string[0], true)]
    [InlineData(new string[0], new[] { "class:net" }, true)]
    [InlineData(new[] { "net" }, new string[0], false)]
    [InlineData(new[] { "class:net2" }, new[] { "class:java" }, false)]
    [InlineData(new string[0], new string[0], false)]
    public async Task Progress_takes_the_right_to_subscribe_to_the_class(string[] rooms, string[] roomsRead, bool reads)
    {
        using var client = host.NewClient(await host.TokenAsync("ada", rooms: rooms, roomsRead: roomsRead));

        using var answer = await client.GetAsync("/api/tracks/net/progress");

        if (reads) answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        else await answer.ShouldBeProblemAsync(HttpStatusCode.Forbidden);
    }

    private static List<string?> Lessons(JsonElement learner) => [.. learner.GetProperty("completed").EnumerateArray().Select(l => l.GetString())];

    private async Task CompleteAsync(string track, string lesson, string user)
    {
        using var answer = await host.Http.PostTextAsync($"/api/tracks/{track}/lessons/{lesson}/complete", $$"""{"userId":"{{user}}"}""");
        answer.IsSuccessStatusCode.ShouldBeTrue(await answer.Content.ReadAsStringAsync());
    }
}
