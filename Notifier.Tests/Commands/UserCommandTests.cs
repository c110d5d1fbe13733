using System.Net;
using System.Text.Json;
using Notifier.Tests.Support;

namespace Notifier.Tests.Commands;

public sealed class UserCommandTests(NotifierHost host) : IClassFixture<NotifierHost>
{
    [Fact]
    public async Task A_private_message_reaches_both_ends_as_the_same_command()
    {
        var (sender, recipient) = (Fresh.User(), Fresh.User());
        await using var sent = await host.OpenAsync($"/api/users/{sender}/events?as={sender}");
        await using var received = await host.OpenAsync($"/api/users/me/events?as={recipient}");

        using var answer = await host.Http.PostTextAsync($"/api/users/{recipient}/messages?as={sender}", """{"text":"hi","data":{"a":1}}""");

        answer.StatusCode.ShouldBe(HttpStatusCode.Created);
        var acknowledged = await answer.JsonAsync();
        var (mine, theirs) = ((await sent.ReadAsync()).Json, (await received.ReadAsync()).Json);
        acknowledged.GetProperty("topic").GetString().ShouldBe($"user:{recipient}");
        acknowledged.GetProperty("id").GetString().ShouldBe(theirs.GetProperty("id").GetString());
        mine.GetProperty("topic").GetString().ShouldBe($"user:{sender}");
        theirs.GetProperty("topic").GetString().ShouldBe($"user:{recipient}");
        mine.GetProperty("commandId").GetString().ShouldNotBeNullOrEmpty();
        mine.GetProperty("commandId").GetString().ShouldBe(theirs.GetProperty("commandId").GetString());
        foreach (var end in new[] { mine, theirs })
        {
            end.GetProperty("type").GetString().ShouldBe("private-message");
            end.GetProperty("from").GetProperty("id").GetString().ShouldBe(sender);
            JsonElement.DeepEquals(
                end.GetProperty("data"), JsonDocument.Parse($$$"""{"text":"hi","to":{"id":"{{{recipient}}}"},"data":{"a":1}}""").RootElement).ShouldBeTrue();
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_private_message_to_oneself_is_one_event(bool byName)
    {
        var user = Fresh.User();

        using var answer = await host.Http.PostTextAsync($"/api/users/{(byName ? user : "me")}/messages?as={user}", """{"text":"note"}""");

        answer.StatusCode.ShouldBe(HttpStatusCode.Created);
        var stored = (await host.Http.StoredAsync($"user:{user}", user)).Single();
        stored.GetProperty("data").GetRawText().ShouldBe($$$"""{"text":"note","to":{"id":"{{{user}}}"}}""");
        stored.TryGetProperty("commandId", out _).ShouldBeFalse();
    }

    [Fact]
    public async Task A_private_message_takes_no_right_but_to_be_signed_in()
    {
        var (sender, recipient) = (Fresh.User(), Fresh.User());
        using var client = host.NewClient(await host.TokenAsync(sender));

        using var answer = await client.PostTextAsync($"/api/users/{recipient}/messages", """{"text":"hi"}""");

        answer.StatusCode.ShouldBe(HttpStatusCode.Created);
        (await host.Http.StoredAsync($"user:{recipient}", recipient)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_private_message_on_behalf_of_somebody_is_in_their_topic_and_not_in_the_publishers()
    {
        var (publisher, sender, recipient) = (Fresh.User(), Fresh.User(), Fresh.User());

        using var answer = await host.Http.PostTextAsync($"/api/users/{recipient}/messages?as={publisher}", $$$"""{"text":"hi","onBehalfOf":{"id":"{{{sender}}}"}}""");

        answer.StatusCode.ShouldBe(HttpStatusCode.Created);
        (await host.Http.StoredAsync($"user:{sender}", sender)).Count.ShouldBe(1);
        (await host.Http.StoredAsync($"user:{publisher}", publisher)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("""{"title":"New post"}""")]
    [InlineData("""{"message":"Bob wrote one"}""")]
    [InlineData("""{"title":"New post","message":"Bob wrote one","kind":"new_post","data":{"postId":7}}""")]
    public async Task A_notification_holds_what_was_sent(string json)
    {
        var user = Fresh.User();

        using var answer = await host.Http.PostTextAsync($"/api/users/{user}/notifications", json);

        answer.StatusCode.ShouldBe(HttpStatusCode.Created);
        var stored = (await host.Http.StoredAsync($"user:{user}", user)).Single();
        stored.GetProperty("type").GetString().ShouldBe("notification");
        JsonElement.DeepEquals(stored.GetProperty("data"), JsonDocument.Parse(json).RootElement).ShouldBeTrue();
    }

    [Fact]
    public async Task A_notification_takes_200_characters_of_title_and_4000_of_message()
    {
        var path = $"/api/users/{Fresh.User()}/notifications";
        var (title, message) = (new string('é', 200), new string('é', 4000));

        using var longest = await host.Http.PostTextAsync(path, $$"""{"title":"{{title}}","message":"{{message}}"}""");
        using var longTitle = await host.Http.PostTextAsync(path, $$"""{"title":"{{title}}x"}""");
        using var longMessage = await host.Http.PostTextAsync(path, $$"""{"message":"{{message}}x"}""");

        longest.StatusCode.ShouldBe(HttpStatusCode.Created, await longest.Content.ReadAsStringAsync());
        await longTitle.ShouldBeInvalidAsync("title");
        await longMessage.ShouldBeInvalidAsync("message");
    }

    [Theory]
    [InlineData("messages", """{}""", "text")]
    [InlineData("messages", """{"text":""}""", "text")]
    [InlineData("messages", """{"text":"hi","data":5}""", "data")]
    [InlineData("notifications", """{}""", "message")]
    [InlineData("notifications", """{"kind":"new_post","data":{}}""", "message")]
    [InlineData("notifications", """{"title":""}""", "title")]
    [InlineData("notifications", """{"title":"hi","message":""}""", "message")]
    [InlineData("notifications", """{"title":5}""", "title")]
    [InlineData("notifications", """{"title":"hi","kind":""}""", "kind")]
    [InlineData("notifications", """{"title":"hi","kind":"a\nb"}""", "kind")]
    [InlineData("notifications", """{"title":"hi","data":[]}""", "data")]
    public async Task What_a_user_is_sent_in_another_form_is_refused_by_the_name_of_its_field(string command, string json, string field)
    {
        var user = Fresh.User();

        using var answer = await host.Http.PostTextAsync($"/api/users/{user}/{command}", json);

        await answer.ShouldBeInvalidAsync(field);
        (await host.Http.StoredAsync($"user:{user}", user)).ShouldBeEmpty();
    }
}
