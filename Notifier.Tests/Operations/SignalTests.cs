using System.Diagnostics;
using System.Net;
using Notifier.Tests.Faults;
using Notifier.Tests.Support;

namespace Notifier.Tests.Operations;

/// <summary>SIGTERM under load, and a second signal from somebody who does not want to wait.</summary>
public sealed class SignalTests
{
    [Theory]
    [InlineData("TERM", "TERM", 143)]
    [InlineData("INT", "INT", 130)]
    [InlineData("TERM", "INT", 130)]
    public async Task A_second_signal_ends_the_process_at_once_with_the_exit_code_of_a_killed_one(string first, string second, int exitCode)
    {
        using var service = NotifierProcess.Start("Development", [("Streams__DrainSeconds", "25")]);
        using var client = new HttpClient { BaseAddress = await service.ListeningAsync() };
        await using var stream = await SseStreamReader.OpenAsync(new HttpClient { BaseAddress = client.BaseAddress }, "/api/rooms/general/events");

        service.Signal(first);
        await Until.TrueAsync("it drains", async () => (await client.GetAsync("/readyz")).StatusCode == HttpStatusCode.ServiceUnavailable);
        await Until.LastsAsync(0.2);
        var stopwatch = Stopwatch.StartNew();
        service.Signal(second);

        (await service.ExitAsync()).ShouldBe(exitCode, service.Output);
        stopwatch.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(5));
        service.Output.ShouldContain("A second signal");
    }

    [Fact]
    public async Task While_it_drains_under_load_every_command_that_is_acknowledged_is_read_and_it_ends_in_time()
    {
        using var service = NotifierProcess.Start("Development", [("Streams__DrainSeconds", "3"), ("Streams__MaxPerUser", "1000"), ("Log__MaxEventsPerTopic", "100000")]);
        using var client = new HttpClient { BaseAddress = await service.ListeningAsync() };
        var streams = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => SseStreamReader.OpenAsync(new HttpClient { BaseAddress = client.BaseAddress }, "/api/rooms/general/events")));
        var reading = streams.Select(stream => stream.ReadToEndAsync()).ToArray();
        var acknowledged = new List<string>();
        var refusals = new List<string>();
        var hundred = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var sending = Task.Run(SendAsync);
        await hundred.Task.WaitAsync(TimeSpan.FromSeconds(20));

        var stopwatch = Stopwatch.StartNew();
        service.Signal("TERM");
        var endings = await Task.WhenAll(reading);
        var exitCode = await service.ExitAsync();
        await sending;

        exitCode.ShouldBe(0, service.Output);
        stopwatch.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(12));
        refusals.ShouldBeEmpty();
        foreach (var blocks in endings)
        {
            // Each ended at a moment of its own, with all that was acknowledged until then, and nothing but that.
            var ids = blocks.Where(block => block.Event == "message").Select(block => block.Id!).ToArray();
            ids.ShouldBe(acknowledged.Take(ids.Length));
            blocks[^1].Retry.ShouldNotBeNull();
        }

        endings.Max(blocks => blocks.Count).ShouldBeGreaterThan(100);

        async Task SendAsync()
        {
            try
            {
                while (true)
                {
                    using var answer = await client.PostTextAsync("/api/rooms/general/messages", """{"text":"under load"}""");
                    if (answer.StatusCode != HttpStatusCode.Created) refusals.Add(await answer.Content.ReadAsStringAsync());
                    else acknowledged.Add((await answer.JsonAsync()).GetProperty("id").GetString()!);
                    if (acknowledged.Count >= 100) hundred.TrySetResult();
                }
            }
            catch (HttpRequestException)
            {
                // The server is gone: what it had not acknowledged it need not have stored.
            }
        }
    }
}
