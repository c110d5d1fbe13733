using System.Net;
using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Notifier.Api;
using Notifier.Api.Commands;
using Notifier.Api.Settings;
using Notifier.Core.Events;
using Notifier.Core.Topics;
using Notifier.Tests.Support;

namespace Notifier.Tests.Hostile;

/// <summary>
/// Everything that parses what a client sends, fed with what nearly is right: 50,000 inputs, or at night a million. Nothing throws, what is taken
/// means one thing, and no frame can be read otherwise than it is meant.
/// </summary>
public sealed class FuzzTests(NotifierHost host) : IClassFixture<NotifierHost>
{
    private const string Nasty = "\0\r\n\t \"\\/.%?&=#:;,@{}[]<>+-_~*'0aZé\u2028\ud83d\udc4b";

    private static readonly string[] Seeds =
    [
        "1795164167186-0", "0-0", "18446744073709551615-18446744073709551615", "room:general", "user:me", "all", "class:net", "pAAAAAAAAAAAA", "90s", "1d",
        "2026-11-20T08:42:47.186Z", "message", "doc:update", "1 MiB", "a b", "..", "%2e%2e", "true", "-1", "99999999999999999999",
    ];

    private static readonly string[] Targets =
    [
        "/api/rooms/{0}/messages?limit={1}&before={0}", "/api/rooms/general/events?since={0}&last={1}&types={0}", "/api/events?topic={0}&lastEventId={1}",
        "/api/events?topic={0}@{1}", "/api/users/{0}/events?last_event_id={1}&heartbeat={0}", "/api/tracks/{0}/progress", "/{0}", "/api/{0}/{1}?{0}", "/api/rooms/general/events?as={0}&ticket={1}",
        "/api/rooms/general/events?access_token={0}.{1}.{0}",
    ];

    private static readonly (string Path, string Json)[] Commands =
    [
        ("/api/rooms/general/messages", """{"text":"hi","data":{"a":1},"clientMessageId":"c1"}"""),
        ("/api/rooms/general/events", """{"type":"doc:update","data":[1,"x",null],"ephemeral":true}"""),
        ("/api/users/bob/messages", """{"text":"hi","onBehalfOf":{"id":"ada","name":"Ada"}}"""),
        ("/api/users/bob/notifications", """{"title":"t","message":"m","kind":"new_post"}"""),
        ("/api/publish", """[{"topics":["room:a","user:bob"],"type":"t","data":{}}]"""),
        ("/api/tracks/net/lessons/abc/complete", """{"userId":"student-1"}"""),
        ("/api/tickets", """{"topics":["room:a"]}"""),
    ];

    [Fact]
    public void What_is_taken_for_a_position_a_topic_a_type_or_a_duration_is_one_and_nothing_else_throws() =>
        Check(40_000, 800_000, Mutated(Seeds), text =>
        {
            if (LogPosition.TryParse(text, out var position))
            {
                LogPosition.TryParse(position.ToString(), out var again).ShouldBeTrue();
                again.ShouldBe(position);
            }

            if (TopicName.TryParse(text, out var topic))
            {
                topic.Value.ShouldBe(text);
                topic.Value.ShouldAllBe(c => char.IsAsciiLetterOrDigit(c) || "._~:-".Contains(c));
            }

            if (EventType.IsValid(text)) text.ShouldAllBe(c => char.IsAsciiLetterOrDigit(c) || "._:-".Contains(c));
            if (Cursor.TryParse(text, out _)) text[0].ShouldBe((char)Cursor.Letter);
            if (Duration.TryParse(text, out var duration)) duration.ShouldBeGreaterThanOrEqualTo(TimeSpan.Zero);
            if (Size.TryParse(text, out var size)) size.ShouldBeGreaterThanOrEqualTo(0);
        });

    [Fact]
    public void A_frame_is_read_as_it_was_meant_whatever_its_text() =>
        Check(8_000, 180_000, Mutated(["", "hi", "a\nb", "\r\n\r\n", "data: x", "id: 1-1\n\nevent: y", "\ufeff"]), text =>
        {
            // Half a character is refused with the body that holds it, before any frame is made.
            if (text.Any(char.IsSurrogate) && !Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)).Equals(text, StringComparison.Ordinal)) return;
            var logged = new LoggedEvent(TopicName.Room("general"), new(1, 2), default, new("message", new("ada"), EventWriter.Encode(new MessageData(text, null), NotifierJson.Plain.MessageData)));

            var whole = Encoding.UTF8.GetString(logged.Frame.Whole.Span);

            // As the specification reads it: any of the three line ends, and a blank line ends the block.
            var lines = whole.Split(["\r\n", "\n", "\r"], StringSplitOptions.None);
            lines.Length.ShouldBe(5);
            (lines[0], lines[1], lines[3], lines[4]).ShouldBe(("id: 1-2", "event: message", "", ""));
            using var envelope = JsonDocument.Parse(lines[2]["data: ".Length..]);
            envelope.RootElement.GetProperty("data").GetProperty("text").GetString().ShouldBe(text);
        });

    [Fact]
    public void No_address_brings_an_unexpected_answer() =>
        Check(1_200, 12_000, With(Mutated(Seeds), Mutated(Seeds), Gen.Choose(0, Targets.Length - 1)), input =>
        {
            var target = string.Format(null, Targets[input.Choice], Uri.EscapeDataString(input.One), Uri.EscapeDataString(input.Two));
            if (target.Length > 16_000) return;
            Answered($"HEAD {target} HTTP/1.1\r\nHost: test\r\n\r\n");
            Answered($"GET {target} HTTP/1.1\r\nHost: test\r\nAccept: application/json\r\nLast-Event-ID: {Header(input.One)}\r\nCookie: notifier_token={Header(input.Two)}\r\n\r\n");
        });

    [Fact]
    public void No_body_no_key_and_no_token_brings_an_unexpected_answer() =>
        Check(800, 8_000, With(Mutated([.. Commands.Select(c => c.Json)]), Mutated(Seeds), Gen.Choose(0, Commands.Length - 1)), input =>
        {
            var body = Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(input.One));
            Answered(
                $"POST {Commands[input.Choice].Path} HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nIdempotency-Key: {Header(input.Two)}\r\nIf-Match: {Header(input.Two)}\r\nContent-Length: {body.Length}\r\n\r\n{body}");
            Answered($"POST {Commands[input.Choice].Path} HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {Header(input.Two)}.{Header(input.One)}\r\nContent-Length: 0\r\n\r\n");
        });

    private static void Check<T>(int byDay, int atNight, Gen<T> inputs, Action<T> holds) =>
        Prop.ForAll(inputs.ToArbitrary(), holds).Check(Config.QuickThrowOnFailure.WithMaxTest(Nightly.Or(atNight, byDay)));

    private static Gen<(string One, string Two, int Choice)> With(Gen<string> one, Gen<string> two, Gen<int> choice) =>
        one.SelectMany(a => two.SelectMany(b => choice.Select(c => (a, b, c))));

    /// <summary>A seed with a few changes: characters put in, taken out, replaced, repeated.</summary>
    private static Gen<string> Mutated(string[] seeds) =>
        Gen.Elements(seeds).SelectMany(seed => Gen.Choose(0, int.MaxValue - 1).Select(number => Mutate(seed, new Random(number))));

    private static string Mutate(string seed, Random random)
    {
        var text = new StringBuilder(seed);
        for (var changes = random.Next(5); changes > 0; changes--)
        {
            var at = random.Next(text.Length + 1);
            switch (random.Next(5))
            {
                case 0: text.Insert(at, Nasty[random.Next(Nasty.Length)]); break;
                case 1 when at < text.Length: text.Remove(at, 1); break;
                case 2 when at < text.Length: text[at] = Nasty[random.Next(Nasty.Length)]; break;
                case 3: text.Insert(at, text.ToString(0, at)); break;
                case 4 when random.Next(20) == 0: text.Insert(at, new string('x', random.Next(5000))); break;
            }
        }

        return text.ToString();
    }

    // What ends a header line would begin the next one, and the server's answer be about that.
    private static string Header(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text.Replace('\r', '.').Replace('\n', '.')));

    private void Answered(string request)
    {
        using var answer = host.SendRawAsync(request).GetAwaiter().GetResult();
        ((int)answer.StatusCode).ShouldBeInRange(200, 499, request);
        if (answer.StatusCode >= HttpStatusCode.BadRequest && !request.StartsWith("HEAD", StringComparison.Ordinal)) answer.Content.Headers.ContentType?.MediaType.ShouldBe("application/problem+json", request);
    }
}
