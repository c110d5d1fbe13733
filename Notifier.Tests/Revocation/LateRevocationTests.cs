using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Notifier.Api.Streams;
using Notifier.Core.Log;
using Notifier.Core.Log.Memory;
using Notifier.Core.Topics;
using Notifier.Tests.Faults;
using Notifier.Tests.Support;

namespace Notifier.Tests.Revocation;

public sealed class LateRevocationTests
{
    [Fact]
    public async Task A_revocation_that_is_read_late_ends_what_was_open_when_it_came_and_nothing_that_opened_after_it()
    {
        var time = new ManualTime();
        var late = new LateFollower();
        var revocations = TopicName.Service("revocations");
        await using var host = NotifierHost.With(
            services => services.AddSingleton<TimeProvider>(time).AddSingleton<IEventLog>(provider => new CountingLog(provider.GetRequiredService<MemoryEventLog>())
            {
                Between = (topic, follower) => topic.Equals(revocations) ? late.Before(follower) : follower,
            }),
            ("Streams:HeartbeatSeconds", "300"));
        using var admin = host.NewClient(await host.TokenAsync("root", roles: ["admin"], expiresInSeconds: 10_000_000));
        var before = await host.OpenAsync("/api/rooms/general/events?as=ada&presence=false");

        using var ended = await admin.DeleteAsync("/api/admin/users/ada/connections");
        time.Advance(TimeSpan.FromSeconds(3));
        var after = await host.OpenAsync("/api/rooms/general/events?as=ada&presence=false");
        late.Release();

        ended.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        (await before.ReadToEndAsync())[^1].Data.ShouldBe("""{"reason":"revoked"}""");
        for (var i = 0; i < 10; i++)
        {
            await host.Http.SayAsync("general", "still there");
            (await after.ReadAsync()).Event.ShouldBe("message");
        }

        // The drain would wait for it by a clock that stands still.
        before.Dispose();
        after.Dispose();
        await Until.TrueAsync("no stream is open", () => host.Services.GetRequiredService<StreamDoor>().Open == 0);
    }
}
