using System.Net;
using System.Text.Json;
using Notifier.Tests.Support;

namespace Notifier.Tests.Faults;

/// <summary>DESIGN's chapter *State* across instances: what one holds, every other one knows, and no failure between two steps repeats or drops one.</summary>
public sealed class SharedStateTests(FaultRig rig) : IClassFixture<FaultRig>
{
    [SkippableFact]
    public async Task Of_many_concurrent_completions_through_two_instances_one_is_the_first_and_each_repeats_its_own_answer()
    {
        await rig.NeedAsync();
        using var one = rig.Fleet.NewClient(0);
        using var two = rig.Fleet.NewClient(1);
        for (var round = 0; round < 5; round++)
        {
            var (track, learner) = (Fresh.Room(), Fresh.User());
            var path = $"/api/tracks/{track}/lessons/intro/complete?as={learner}";

            var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => CompleteAsync(i % 2 == 0 ? one : two, path, $"key-{i}")));
            var repeated = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => CompleteAsync(i % 2 == 0 ? two : one, path, $"key-{i}")));

            answers.Count(a => a.Status == HttpStatusCode.Created).ShouldBe(1);
            answers.Count(a => a.Status == HttpStatusCode.OK).ShouldBe(19);
            answers.Select(a => a.Id).Distinct().Count().ShouldBe(1);
            repeated.ShouldBe(answers);
            (await CountAsync(one, $"/api/rooms/class:{track}/events?since=all&as={learner}")).ShouldBe(1);
            (await CountAsync(two, $"/api/events?topic=user:me&since=all&as={learner}")).ShouldBe(1);
        }
    }

    [SkippableFact]
    public async Task Completions_under_cuts_complete_by_their_retries_and_repeat_nothing()
    {
        await rig.NeedAsync();
        var random = new Random(3);
        var learner = Fresh.User();
        var track = Fresh.Room();
        using var one = rig.Fleet.NewClient(0);
        using var two = rig.Fleet.NewClient(1);

        for (var lesson = 0; lesson < 25; lesson++)
        {
            rig.Proxy.CutReplies(random.Next(1, 4));
            for (var attempt = 0; ; attempt++)
            {
                var (status, _) = await CompleteAsync(
                    attempt % 2 == 0 ? one : two, $"/api/tracks/{track}/lessons/lesson-{lesson}/complete?as={learner}", $"lesson-{lesson}");
                if (status is HttpStatusCode.Created) break;
                status.ShouldBe(HttpStatusCode.ServiceUnavailable);
                attempt.ShouldBeLessThan(200);
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
            }
        }

        await rig.NeedAsync();
        var told = await EventsAsync(two, $"/api/events?topic=user:me&since=all&as={learner}");
        var inClass = await EventsAsync(one, $"/api/rooms/class:{track}/events?since=all&as={learner}");
        string[] lessons = [.. Enumerable.Range(0, 25).Select(n => $"lesson-{n}")];
        foreach (var events in new[] { told, inClass })
        {
            events.Select(e => e.GetProperty("data").GetProperty("lessonId").GetString()!).ShouldBe(lessons);
            events.Select(e => e.GetProperty("data").GetProperty("completedLessons").GetInt32()).ShouldBe(Enumerable.Range(1, 25));
        }
    }

    [SkippableFact]
    public async Task A_completion_that_failed_halfway_is_finished_by_its_retry_which_is_the_first()
    {
        await rig.NeedAsync();
        var (learner, track) = (Fresh.User(), Fresh.Room());
        using var one = rig.Fleet.NewClient(0);
        using var two = rig.Fleet.NewClient(1);
        var path = $"/api/tracks/{track}/lessons/intro/complete?as={learner}";

        var halfway = await CompleteHalfwayAsync(one, path, learner, "first");
        var keyed = await CompleteAsync(two, path, "first");
        var later = await CompleteAsync(one, path, "second");

        halfway.Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        keyed.Status.ShouldBe(HttpStatusCode.Created);
        later.ShouldBe((HttpStatusCode.OK, keyed.Id));
        (await CountAsync(one, $"/api/rooms/class:{track}/events?since=all&as={learner}")).ShouldBe(1);
        (await CountAsync(two, $"/api/events?topic=user:me&since=all&as={learner}")).ShouldBe(1);
    }

    [SkippableFact]
    public async Task A_completion_that_failed_halfway_is_the_first_for_whoever_finishes_it_and_for_nobody_else()
    {
        await rig.NeedAsync();
        var (learner, track) = (Fresh.User(), Fresh.Room());
        using var one = rig.Fleet.NewClient(0);
        using var two = rig.Fleet.NewClient(1);
        var path = $"/api/tracks/{track}/lessons/intro/complete?as={learner}";

        var halfway = await CompleteHalfwayAsync(one, path, learner, "gave-up");
        var finished = await CompleteAsync(two, path, "finished");
        var late = await CompleteAsync(one, path, "gave-up");

        halfway.Status.ShouldBe(HttpStatusCode.ServiceUnavailable);
        finished.Status.ShouldBe(HttpStatusCode.Created);
        late.ShouldBe((HttpStatusCode.OK, finished.Id));
        (await CompleteAsync(two, path, "finished")).ShouldBe(finished);
        (await CompleteAsync(two, path, "gave-up")).ShouldBe(late);
    }

    [SkippableFact]
    public async Task A_key_is_known_to_every_instance_and_outlives_the_one_that_it_came_to()
    {
        await rig.NeedAsync();
        var room = Fresh.Room();
        const string Body = """{"text":"once"}""";
        using var two = rig.Fleet.NewClient(1);
        string? id;
        using (var three = rig.Fleet.NewClient(2))
        {
            using var first = await three.PostTextAsync($"/api/rooms/{room}/messages?as=ada", Body, ("Idempotency-Key", "k"));
            first.StatusCode.ShouldBe(HttpStatusCode.Created);
            id = (await first.JsonAsync()).GetProperty("id").GetString();
        }

        using var elsewhere = await two.PostTextAsync($"/api/rooms/{room}/messages?as=ada", Body, ("Idempotency-Key", "k"));
        await rig.Fleet.KillAsync(2);
        await rig.Redis.KillAsync();
        await rig.Redis.StartAsync();
        await rig.NeedAsync();
        using var reborn = rig.Fleet.NewClient(2);
        using var afterwards = await reborn.PostTextAsync($"/api/rooms/{room}/messages?as=ada", Body, ("Idempotency-Key", "k"));
        using var changed = await two.PostTextAsync($"/api/rooms/{room}/messages?as=ada", """{"text":"twice"}""", ("Idempotency-Key", "k"));
        using var other = await two.PostTextAsync($"/api/rooms/{room}/messages?as=bob", """{"text":"of somebody else"}""", ("Idempotency-Key", "k"));

        foreach (var replay in new[] { elsewhere, afterwards })
        {
            replay.StatusCode.ShouldBe(HttpStatusCode.Created);
            replay.Headers.GetValues("Idempotent-Replayed").ShouldBe(["true"]);
            (await replay.JsonAsync()).GetProperty("id").GetString().ShouldBe(id);
        }

        changed.StatusCode.ShouldBe(HttpStatusCode.UnprocessableEntity);
        other.StatusCode.ShouldBe(HttpStatusCode.Created);
        (await CountAsync(two, $"/api/rooms/{room}/events?since=all&as=ada")).ShouldBe(2);
    }

    [SkippableFact]
    public async Task Twins_through_two_instances_store_one_event()
    {
        await rig.NeedAsync();
        var room = Fresh.Room();
        using var one = rig.Fleet.NewClient(0);
        using var two = rig.Fleet.NewClient(1);

        var ids = await Task.WhenAll(Enumerable.Range(0, 20).Select(async i =>
        {
            using var answer = await (i % 2 == 0 ? one : two).PostTextAsync($"/api/rooms/{room}/messages?as=ada", """{"text":"once"}""", ("Idempotency-Key", "k"));
            answer.StatusCode.ShouldBe(HttpStatusCode.Created);
            return ((await answer.JsonAsync()).GetProperty("id").GetString(), answer.Headers.Contains("Idempotent-Replayed"));
        }));

        ids.Select(i => i.Item1).Distinct().Count().ShouldBe(1);
        ids.Count(i => !i.Item2).ShouldBe(1);
    }

    [SkippableFact]
    public async Task A_private_message_whose_second_half_failed_is_completed_by_its_retry()
    {
        await rig.NeedAsync();
        var (sender, recipient) = (Fresh.User(), Fresh.User());
        using var one = rig.Fleet.NewClient(0);
        using var two = rig.Fleet.NewClient(1);
        var path = $"/api/users/{recipient}/messages?as={sender}";

        await rig.Redis.SendAsync($"SET ntf:{{user:{sender}}}:log in-the-way");
        using var halfway = await one.PostTextAsync(path, """{"text":"hi"}""", ("Idempotency-Key", "k"));
        await rig.Redis.SendAsync($"DEL ntf:{{user:{sender}}}:log");
        using var retried = await two.PostTextAsync(path, """{"text":"hi"}""", ("Idempotency-Key", "k"));

        halfway.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        retried.StatusCode.ShouldBe(HttpStatusCode.Created);
        var received = (await EventsAsync(one, $"/api/events?topic=user:me&since=all&as={recipient}")).ShouldHaveSingleItem();
        var kept = (await EventsAsync(two, $"/api/events?topic=user:me&since=all&as={sender}")).ShouldHaveSingleItem();
        kept.GetProperty("commandId").GetString().ShouldBe(received.GetProperty("commandId").GetString());
        (await retried.JsonAsync()).GetProperty("id").GetString().ShouldBe(received.GetProperty("id").GetString());
    }

    [SkippableFact]
    public async Task A_ticket_of_one_instance_opens_one_stream_at_another_and_outlives_the_one_that_gave_it_out()
    {
        await rig.NeedAsync();
        var room = Fresh.Room();
        string ticket, orphan;
        using (var three = rig.Fleet.NewClient(2))
        {
            ticket = await IssueAsync(three, room);
            orphan = await IssueAsync(three, room);
        }

        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(async i =>
        {
            using var client = rig.Fleet.NewClient(i % 2);
            return await PollAsync(client, $"/api/rooms/{room}/events?ticket={ticket}");
        }));
        await rig.Fleet.KillAsync(2);
        using var one = rig.Fleet.NewClient(0);
        var orphaned = await PollAsync(one, $"/api/rooms/{room}/events?ticket={orphan}");
        var spent = await PollAsync(one, $"/api/rooms/{room}/events?ticket={orphan}");

        answers.Count(a => a == HttpStatusCode.OK).ShouldBe(1);
        answers.Count(a => a == HttpStatusCode.Unauthorized).ShouldBe(9);
        (orphaned, spent).ShouldBe((HttpStatusCode.OK, HttpStatusCode.Unauthorized));
    }

    private async Task<(HttpStatusCode Status, string? Id)> CompleteHalfwayAsync(HttpClient client, string path, string learner, string key)
    {
        // A key of another kind where the learner's log goes makes the second step fail, and no other.
        await rig.Redis.SendAsync($"SET ntf:{{user:{learner}}}:log in-the-way");
        var halfway = await CompleteAsync(client, path, key);
        await rig.Redis.SendAsync($"DEL ntf:{{user:{learner}}}:log");
        return halfway;
    }

    private static async Task<string> IssueAsync(HttpClient client, string room)
    {
        using var answer = await client.PostTextAsync("/api/tickets?as=ada", JsonSerializer.Serialize(new { topics = new[] { $"room:{room}" } }));
        return (await answer.EnsureSuccessStatusCode().JsonAsync()).GetProperty("ticket").GetString()!;
    }

    private static async Task<HttpStatusCode> PollAsync(HttpClient client, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Accept.ParseAdd("application/json");
        using var answer = await client.SendAsync(request);
        return answer.StatusCode;
    }

    private static async Task<(HttpStatusCode Status, string? Id)> CompleteAsync(HttpClient client, string path, string key)
    {
        using var answer = await client.PostTextAsync(path, "{}", ("Idempotency-Key", key));
        return (answer.StatusCode, answer.IsSuccessStatusCode ? (await answer.JsonAsync()).GetProperty("id").GetString() : null);
    }

    private static async Task<int> CountAsync(HttpClient client, string path) => (await EventsAsync(client, path)).Count;

    private static async Task<List<JsonElement>> EventsAsync(HttpClient client, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Accept.ParseAdd("application/json");
        using var answer = await client.SendAsync(request);
        return [.. (await answer.EnsureSuccessStatusCode().JsonAsync()).GetProperty("events").EnumerateArray()];
    }
}
