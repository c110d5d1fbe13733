using Notifier.Core.Topics;

namespace Notifier.Tests.Topics;

public sealed class TopicNameTests
{
    [Theory]
    [InlineData("room:general", TopicKind.Room, "general")]
    [InlineData("room:class:js-101", TopicKind.Room, "class:js-101")]
    [InlineData("user:ada.l_~:x-1", TopicKind.User, "ada.l_~:x-1")]
    [InlineData("all", TopicKind.All, "")]
    public void A_valid_name_is_read(string value, TopicKind kind, string subject)
    {
        TopicName.TryParse(value, out var topic).ShouldBeTrue();

        (topic!.Kind, topic.Subject, topic.Value).ShouldBe((kind, subject, value));
        TopicName.TryParse(value, out var same).ShouldBeTrue();
        same.ShouldBe(topic);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("general")]
    [InlineData("room:")]
    [InlineData("room:..")]
    [InlineData("room:-a")]
    [InlineData("room:a b")]
    [InlineData("room:a\n")]
    [InlineData("room:a\0")]
    [InlineData("room:ä")]
    [InlineData("Room:a")]
    [InlineData("ALL")]
    [InlineData("all:")]
    [InlineData("queue:a")]
    public void Anything_else_is_refused(string? value) => TopicName.TryParse(value, out _).ShouldBeFalse();

    [Fact]
    public void A_name_has_up_to_128_characters_and_the_class_of_such_a_track_is_a_room()
    {
        var longest = new string('a', 128);

        TopicName.IsRoom(longest).ShouldBeTrue();
        TopicName.IsRoom(longest + "a").ShouldBeFalse();
        TopicName.Class(longest).Subject.ShouldBe("class:" + longest);
        TopicName.IsRoom("class:" + longest + "a").ShouldBeFalse();
    }

    [Theory]
    [InlineData("*", "anything", true)]
    [InlineData("general", "general", true)]
    [InlineData("general", "General", false)]
    [InlineData("general", "general2", false)]
    [InlineData("class:*", "class:js", true)]
    [InlineData("class:*", "class:", true)]
    [InlineData("class:*", "classes", false)]
    [InlineData("*:chat", "team:a:chat", true)]
    [InlineData("team:*:chat", "team:a:b:chat", true)]
    [InlineData("team:*:chat", "team:chat", false)]
    [InlineData("a*b*c", "aXbXbYc", true)]
    [InlineData("a*b*c", "aXbXb", false)]
    [InlineData("", "a", false)]
    [InlineData("a?", "ab", false)]
    public void A_pattern_matches_whole_names(string pattern, string room, bool matches) => new TopicPattern(pattern).Matches(room).ShouldBe(matches);
}
