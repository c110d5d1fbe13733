using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Notifier.Core.Events;
using Notifier.Tests.Faults;
using Notifier.Tests.Support;

namespace Notifier.Tests.Log.Embedded;

/// <summary>The embedded log in a process of its own, which is killed, crowded out and locked out.</summary>
[Collection(CrashTestCollection.Name)]
public sealed class CrashTests : IDisposable
{
    private const int Publishers = 4;

    private readonly ScratchFolder _folder = new();
    private readonly Random _random = new();

    private static int Rounds => Nightly.Or(100, 15);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Killed_at_any_moment_it_has_lost_and_doubled_nothing_that_it_acknowledged()
    {
        var acknowledged = Enumerable.Range(0, Publishers).Select(_ => new List<(string Id, string Text)>()).ToArray();
        string? follower = null;
        for (var round = 0; round < Rounds; round++)
        {
            using var service = Start(("Log__MaxBytes", "64 MiB"), ("Log__MaxEventsPerTopic", "1000000"));
            var address = await ReadyAsync(service);
            using var client = new HttpClient { BaseAddress = address };
            await CheckAsync(client, acknowledged);
            follower = await ResumeAsync(client, follower, acknowledged[0]);

            using var stop = new CancellationTokenSource();
            var publishing = acknowledged.Select((mine, n) => Task.Run(() => PublishAsync(address, n, round, mine, stop.Token))).ToArray();
            var enough = acknowledged.Sum(a => a.Count) + _random.Next(1, 120);
            await Until.TrueAsync("some are acknowledged", () => acknowledged.Sum(a => Volatile.Read(ref a).Count) >= enough);
            service.Signal("KILL");
            await service.ExitAsync();
            await stop.CancelAsync();
            await Task.WhenAll(publishing);
        }

        using var last = Start(("Log__MaxBytes", "64 MiB"), ("Log__MaxEventsPerTopic", "1000000"));
        using var reader = new HttpClient { BaseAddress = await ReadyAsync(last) };
        await CheckAsync(reader, acknowledged);
        await ResumeAsync(reader, follower, acknowledged[0]);
        acknowledged.Sum(a => a.Count).ShouldBeGreaterThan(Rounds);
    }

    [Fact]
    public async Task On_a_full_disk_publishing_is_refused_streams_stay_and_it_heals_when_there_is_room()
    {
        var mount = Path.Combine(_folder.Path, "small");
        Directory.CreateDirectory(mount);

        // Where nothing may be mounted, FailingDiskTests show the same behind the seam that writes go through.
        if (!RunAsRoot("mount", "-t", "tmpfs", "-o", "size=2m,mode=777", "tmpfs", mount)) return;
        try
        {
            var filler = Path.Combine(mount, "filler");
            await File.WriteAllBytesAsync(filler, new byte[1 << 20]);
            var acknowledged = new List<(string Id, string Text)>();
            using (var service = Start(("Log__Path", Path.Combine(mount, "data")), ("Log__MaxEventsPerTopic", "1000000")))
            {
                using var client = new HttpClient { BaseAddress = await ReadyAsync(service) };
                await using var stream = await SseStreamReader.OpenAsync(new HttpClient { BaseAddress = client.BaseAddress }, "/api/rooms/r0/events?as=bob");
                HttpResponseMessage refused;
                for (var i = 0; ; i++)
                {
                    var text = $"{i} {new string('x', 3000)}";
                    refused = await client.PostTextAsync("/api/rooms/r0/messages?as=ada", JsonSerializer.Serialize(new { text }));
                    if (!refused.IsSuccessStatusCode) break;
                    acknowledged.Add(((await refused.JsonAsync()).GetProperty("id").GetString()!, text));
                }

                await refused.ShouldBeProblemAsync(HttpStatusCode.ServiceUnavailable);
                refused.Headers.RetryAfter.ShouldNotBeNull();
                await Until.TrueAsync("the log says why", () => service.Output.Contains("cannot be written", StringComparison.Ordinal));
                (await client.GetAsync("/readyz")).StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
                acknowledged.Count.ShouldBeGreaterThan(100);

                File.Delete(filler);
                await Until.TrueAsync("it is ready again", async () => (await client.GetAsync("/readyz")).IsSuccessStatusCode);
                acknowledged.Add((await client.SayAsync("r0", "after"), "after"));
                foreach (var (id, text) in acknowledged)
                {
                    var told = await stream.ReadAsync();
                    (told.Id, told.Text).ShouldBe((id, text));
                }
            }

            using var again = Start(("Log__Path", Path.Combine(mount, "data")), ("Log__MaxEventsPerTopic", "1000000"));
            using var reader = new HttpClient { BaseAddress = await ReadyAsync(again) };
            (await StoredAsync(reader, 0)).ShouldBe(acknowledged);
        }
        finally
        {
            RunAsRoot("umount", "-l", mount).ShouldBeTrue();
        }
    }

    [Fact]
    public async Task A_second_process_a_file_in_the_way_and_a_damaged_segment_end_the_start_with_what_to_do()
    {
        using (var first = Start())
        {
            using var client = new HttpClient { BaseAddress = await ReadyAsync(first) };
            await client.SayAsync("general", "1");
            await client.SayAsync("general", "2");
            using var second = Start();
            (await second.ExitAsync()).ShouldBe(1);
            second.Output.ShouldContain($"Log:Path {_folder.Path} is in use by another process");
            second.Output.ShouldNotContain("   at ");
            first.Signal("TERM");
            (await first.ExitAsync()).ShouldBe(0);
        }

        var segment = _folder.Files("*.log").Single();
        using var inTheWay = Start(("Log__Path", Path.Combine(segment, "data")));
        (await inTheWay.ExitAsync()).ShouldBe(1);
        inTheWay.Output.ShouldContain("cannot be written");
        inTheWay.Output.ShouldNotContain("   at ");

        var bytes = await File.ReadAllBytesAsync(segment);
        bytes[bytes.AsSpan().IndexOf("\"text\":\"1\""u8) + 9] = (byte)'7';
        await File.WriteAllBytesAsync(segment, bytes);
        using var damaged = Start();
        (await damaged.ExitAsync()).ShouldBe(1);
        damaged.Output.ShouldContain($"segment {segment} holds a damaged record at offset ");
        damaged.Output.ShouldContain("--repair");
        damaged.Output.ShouldNotContain("   at ");

        using var repaired = NotifierProcess.Start("Development", [("Log__Path", _folder.Path)], "--repair");
        using var reader = new HttpClient { BaseAddress = await ReadyAsync(repaired) };
        (await reader.StoredAsync("room:general")).ShouldBeEmpty();
        repaired.Output.ShouldContain($"{segment}.damaged");
        (await reader.SayAsync("general", "3")).ShouldNotBeEmpty();
    }

    [Fact]
    public async Task A_start_says_in_one_line_what_it_found_and_an_idempotent_command_answers_across_it()
    {
        const string Body = """{"text":"once"}""";
        string first;
        using (var service = Start())
        {
            using var client = new HttpClient { BaseAddress = await ReadyAsync(service) };
            first = await (await client.PostTextAsync("/api/rooms/general/messages?as=ada", Body, ("Idempotency-Key", "k"))).Content.ReadAsStringAsync();
            service.Signal("KILL");
            await service.ExitAsync();
        }

        using var again = Start();
        using var other = new HttpClient { BaseAddress = await ReadyAsync(again) };
        using var replayed = await other.PostTextAsync("/api/rooms/general/messages?as=ada", Body, ("Idempotency-Key", "k"));

        replayed.Headers.GetValues("Idempotent-Replayed").ShouldBe(["true"]);
        (await replayed.Content.ReadAsStringAsync()).ShouldBe(first);
        (await other.GetStringAsync("/health")).ShouldContain("\"journal\"");
        again.Output.Split('\n').Count(line => line.Contains("Opened the embedded log", StringComparison.Ordinal) && line.Contains("1 events in 1 topics", StringComparison.Ordinal)).ShouldBe(1, again.Output);
    }

    private static bool RunAsRoot(params string[] command) => Environment.IsPrivilegedProcess ? Run(command[0], command[1..]) : Run("sudo", ["-n", .. command]);

    private static bool Run(string command, string[] arguments)
    {
        if (!Array.Exists(["/bin", "/usr/bin", "/sbin", "/usr/sbin"], folder => File.Exists(Path.Combine(folder, command)))) return false;
        using var process = Process.Start(new ProcessStartInfo(command, arguments) { UseShellExecute = false, RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    private static async Task<Uri> ReadyAsync(NotifierProcess service)
    {
        try
        {
            return await service.ListeningAsync();
        }
        catch (InvalidOperationException e)
        {
            throw new InvalidOperationException(service.Output, e);
        }
    }

    private static async Task PublishAsync(Uri address, int number, int round, List<(string Id, string Text)> acknowledged, CancellationToken stop)
    {
        using var client = new HttpClient { BaseAddress = address };
        try
        {
            for (var n = 0; !stop.IsCancellationRequested; n++)
            {
                var text = $"{round}.{n}";
                using var answer = await client.PostTextAsync($"/api/rooms/r{number}/messages?as=ada", JsonSerializer.Serialize(new { text }));
                answer.StatusCode.ShouldBe(HttpStatusCode.Created);
                var id = (await answer.JsonAsync()).GetProperty("id").GetString()!;
                acknowledged.Add((id, text));
            }
        }
        catch (HttpRequestException)
        {
            // Killed; whether the last one is stored is not known.
        }
    }

    private static async Task<List<(string Id, string Text)>> StoredAsync(HttpClient client, int room)
    {
        var stored = new List<(string, string)>();
        for (string? after = "0-0"; after is not null;)
        {
            var page = (await (await client.GetAsync($"/api/rooms/r{room}/messages?limit=1000&after={after}")).JsonAsync()).GetProperty("events").EnumerateArray().ToArray();
            stored.AddRange(page.Select(e => (e.GetProperty("id").GetString()!, e.GetProperty("data").GetProperty("text").GetString()!)));
            after = page.Length == 1000 ? stored[^1].Item1 : null;
        }

        return stored;
    }

    /// <summary>All that was acknowledged is there once, in order, under its id; at most one more from each round that was cut.</summary>
    private static async Task CheckAsync(HttpClient client, List<(string Id, string Text)>[] acknowledged)
    {
        for (var room = 0; room < acknowledged.Length; room++)
        {
            var stored = await StoredAsync(client, room);
            stored.Select(s => s.Text).ShouldBeUnique();
            stored.Select(s => Parse(s.Id)).ShouldBeInOrder();
            var known = acknowledged[room].ToHashSet();
            stored.Where(known.Contains).ShouldBe(acknowledged[room]);
            (stored.Count - known.Count).ShouldBeLessThanOrEqualTo(Rounds);
        }
    }

    /// <summary>Comes back with the last id from before the crash, and is shown all that was acknowledged since.</summary>
    private static async Task<string?> ResumeAsync(HttpClient client, string? lastId, List<(string Id, string Text)> acknowledged)
    {
        if (lastId is not null)
        {
            await using var stream = await SseStreamReader.OpenAsync(new HttpClient { BaseAddress = client.BaseAddress }, "/api/rooms/r0/events?as=bob", lastId);
            stream.Welcome.Json.GetProperty("resumed").GetBoolean().ShouldBeTrue();
            foreach (var (id, text) in acknowledged.SkipWhile(a => Parse(a.Id) <= Parse(lastId)))
            {
                SseBlock told;
                do told = await stream.ReadAsync();
                while (Parse(told.Id!) < Parse(id));
                (told.Id, told.Text).ShouldBe((id, text));
            }
        }

        return acknowledged.Count > 0 ? acknowledged[^1].Id : null;
    }

    private static LogPosition Parse(string id)
    {
        LogPosition.TryParse(id, out var position).ShouldBeTrue();
        return position;
    }

    private NotifierProcess Start(params (string Name, string Value)[] variables) => NotifierProcess.Start("Development", [("Log__Path", _folder.Path), .. variables]);
}
