using Microsoft.Extensions.DependencyInjection;
using Notifier.Api.Streams;
using Notifier.Core.Events;
using Notifier.Core.Inbox;
using Notifier.Core.Log;
using Notifier.Core.Log.Embedded;
using Notifier.Tests.Faults;
using Notifier.Tests.Log.Embedded;
using Notifier.Tests.Support;

namespace Notifier.Tests.Inbox;

public sealed class EmbeddedInboxTests(NotifierHost host) : InboxContract, IClassFixture<NotifierHost>
{
    protected override (NotifierHost One, NotifierHost Two) Hosts => (host, host);

    [Fact]
    public async Task A_mark_that_was_told_is_not_told_again_a_day_later()
    {
        var time = new ManualTime();
        await using var aged = NotifierHost.With(services => services.AddSingleton<TimeProvider>(time));
        using var sent = await aged.Http.PostTextAsync("/api/users/ada/notifications?as=school", """{"title":"hi"}""");
        var body = $$"""{"upTo":"{{(await sent.JsonAsync()).GetProperty("id").GetString()}}"}""";
        using var marked = await aged.Http.PostTextAsync("/api/users/me/notifications/read?as=ada", body);

        time.Advance(OnceKey.Life + TimeSpan.FromMinutes(1));
        using var again = await aged.Http.PostTextAsync("/api/users/me/notifications/read?as=ada", body);

        again.EnsureSuccessStatusCode();
        (await aged.Http.StoredAsync("user:me", "ada")).ConvertAll(e => e.GetProperty("type").GetString()).ShouldBe(["notification", "notifications:read"]);

        // The drain would wait for a poll by a clock that stands still.
        await Until.TrueAsync("no poll is open", () => aged.Services.GetRequiredService<StreamDoor>().Open == 0);
    }

    [Fact]
    public async Task A_mark_has_to_be_told_until_it_was_whatever_happens_to_the_process_in_between()
    {
        using var folder = new ScratchFolder();
        var (before, mark) = (new LogPosition(6, 0), new LogPosition(7, 0));
        await using (var log = Open()) (await new JournalReadMarks(log).RaiseAsync("ada", mark, default)).ShouldBeTrue();

        await using (var log = Open())
        {
            var marks = new JournalReadMarks(log);
            (await marks.ReadAsync("ada", default)).ShouldBe(mark);
            (await marks.RaiseAsync("ada", mark, default)).ShouldBeTrue();
            (await marks.RaiseAsync("ada", before, default)).ShouldBeFalse();
            await marks.ToldAsync("ada", before, default);
            (await marks.RaiseAsync("ada", mark, default)).ShouldBeTrue();
            await marks.ToldAsync("ada", mark, default);
        }

        await using var last = Open();
        (await new JournalReadMarks(last).ReadAsync("ada", default)).ShouldBe(mark);
        (await new JournalReadMarks(last).RaiseAsync("ada", mark, default)).ShouldBeFalse();

        JournalEventLog Open() => JournalEventLog.Open(new() { Path = folder.Path }, TimeProvider.System, new RecordingWatch());
    }
}
