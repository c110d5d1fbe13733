using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Notifier.Tests.Faults;
using Notifier.Tests.Support;

namespace Notifier.Tests.Clients;

/// <summary>A client follows a room of <see cref="Events"/> events while its connection is cut <see cref="Cuts"/> times, every other time within an event.</summary>
internal sealed class ResumeRun
{
    public const int Events = 1000;
    public const int Cuts = 20;

    private const int EventsPerCut = Events / Cuts;
    private const int Deadline = 60;

    private readonly ConcurrentQueue<ClientEvent> _events = new();
    private volatile int _welcomes;
    private volatile int _messages;

    /// <summary>Whether each stream that it was let into went on from where the one before had ended.</summary>
    public IReadOnlyList<bool> Resumed => [.. OfType("welcome").Select(data => data.GetProperty("resumed").GetBoolean())];

    /// <summary>The messages' texts in the order in which they came.</summary>
    public IReadOnlyList<string> Texts => [.. OfType("message").Select(data => data.GetProperty("data").GetProperty("text").GetString()!)];

    public int Gaps => OfType("gap").Count();

    /// <summary>Runs it to the end; <paramref name="path"/> is the stream's, of a room by this name.</summary>
    public async Task<ResumeRun> RunAsync(NotifierHost host, string room, string path, Func<Uri, CancellationToken, IAsyncEnumerable<ClientEvent>> follow)
    {
        await using var proxy = FaultyProxy.Start(host.Address.Port);
        using var stop = new CancellationTokenSource();
        using var permits = new SemaphoreSlim(EventsPerCut);
        var stream = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{proxy.Port}{path}"));
        var following = Task.Run(async () =>
        {
            await foreach (var told in follow(stream, stop.Token)) Take(told);
        });
        await Until.TrueAsync("it is welcome", () => Holds(following, () => _welcomes > 0), Deadline);
        var publishing = PublishAsync(host, room, permits);

        var random = new Random(1);
        for (var cut = 1; cut <= Cuts; cut++)
        {
            // It is back from the cut before, and in the middle of what is published since.
            var seen = ((cut - 1) * EventsPerCut) + random.Next(1, EventsPerCut);
            await Until.TrueAsync($"it has seen {seen} events before cut {cut}", () => Holds(following, () => _welcomes >= cut && _messages >= seen), Deadline);
            if (cut % 2 == 0) proxy.CutReplies(1);
            else proxy.CutAll();
            permits.Release(EventsPerCut);
        }

        // Whatever came twice would have come before the last one.
        await publishing;
        await host.Http.SayAsync(room, "end");
        await Until.TrueAsync("it sees the end", () => Holds(following, () => _messages > Events), Deadline);
        await stop.CancelAsync();
        await Task.WhenAny(following);
        return this;
    }

    private static async Task PublishAsync(NotifierHost host, string room, SemaphoreSlim permits)
    {
        for (var n = 0; n < Events; n++)
        {
            await permits.WaitAsync();
            await host.Http.SayAsync(room, n.ToString(CultureInfo.InvariantCulture));
        }
    }

    private static bool Holds(Task following, Func<bool> isSo) => following.IsFaulted ? throw following.Exception : isSo();

    private void Take(ClientEvent told)
    {
        _events.Enqueue(told);
        if (told.Type == "welcome") _welcomes++;
        if (told.Type == "message") _messages++;
    }

    private IEnumerable<JsonElement> OfType(string type) => _events.Where(e => e.Type == type).Select(e => JsonDocument.Parse(e.Data).RootElement);
}
