using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Notifier.Core.Events;
using Notifier.Tests.Support;

namespace Notifier.Tests.Faults;

/// <summary>
/// Says numbers in a few rooms, one after the other in each, through whichever instance runs. Each is repeated with its Idempotency-Key until it is
/// acknowledged, as CONTRACT 4 asks of a client.
/// </summary>
internal sealed class SteadyPublisher(Fleet fleet, IReadOnlyList<string> rooms, int seed = 1) : IAsyncDisposable
{
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(50);

    private readonly ConcurrentQueue<Acknowledged> _acknowledged = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly string _run = Guid.NewGuid().ToString("N");
    private Task[] _loops = [];
    private long _slowest;
    private int _refused;

    public IReadOnlyCollection<Acknowledged> Acknowledged => _acknowledged;

    /// <summary>Attempts that were answered 503.</summary>
    public int Refused => Volatile.Read(ref _refused);

    /// <summary>The longest that any attempt took, whatever came of it.</summary>
    public TimeSpan Slowest => TimeSpan.FromMilliseconds(Interlocked.Read(ref _slowest));

    public SteadyPublisher Start()
    {
        _loops = [.. rooms.Select((room, i) => Task.Run(() => PublishAsync(room, new(seed + i))))];
        return this;
    }

    /// <summary>Waits until so many more were acknowledged, in each room on average.</summary>
    public Task AcknowledgedAsync(int more)
    {
        var goal = _acknowledged.Count + (more * rooms.Count);
        return Until.TrueAsync(
            $"{more} more events in each room are acknowledged",
            () => _acknowledged.Count >= goal || Array.Find(_loops, loop => loop.IsFaulted) is { } failed && Throw(failed));
    }

    /// <summary>Ends after the number that each room is at was acknowledged.</summary>
    public async Task FinishAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_loops).WaitAsync(TimeSpan.FromSeconds(60));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _stop.Dispose();
    }

    private static bool Throw(Task failed)
    {
        failed.GetAwaiter().GetResult();
        return true;
    }

    private async Task PublishAsync(string room, Random random)
    {
        var clients = new Dictionary<Uri, HttpClient>();
        for (var n = 0; !_stop.IsCancellationRequested; n++)
        {
            var text = $"{room} {n}";
            while (true)
            {
                var address = fleet.Any(random);
                if (!clients.TryGetValue(address, out var client)) clients[address] = client = Fleet.NewClient(address);
                if (await TrySayAsync(client, room, text) is { } position)
                {
                    _acknowledged.Enqueue(new($"room:{room}", position, text));
                    break;
                }

                await Task.Delay(RetryDelay, TimeProvider.System);
            }

            await Task.Delay(Pace, TimeProvider.System);
        }

        foreach (var client in clients.Values) client.Dispose();
    }

    private async Task<LogPosition?> TrySayAsync(HttpClient client, string room, string text)
    {
        var start = Stopwatch.GetTimestamp();
        try
        {
            using var answer = await client.PostTextAsync(
                $"/api/rooms/{room}/messages?as=publisher", JsonSerializer.Serialize(new { text }), ("Idempotency-Key", $"{_run} {text}".Replace(' ', '.')));
            if (answer.StatusCode == HttpStatusCode.ServiceUnavailable)
            {
                answer.Headers.RetryAfter.ShouldNotBeNull();
                Interlocked.Increment(ref _refused);
                return null;
            }

            answer.StatusCode.ShouldBe(HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
            LogPosition.TryParse((await answer.JsonAsync()).GetProperty("id").GetString(), out var position).ShouldBeTrue();
            return position;
        }
        catch (HttpRequestException)
        {
            // The instance is gone, and whether the event is stored is not known.
            return null;
        }
        finally
        {
            InterlockedMax((long)Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }
    }

    private void InterlockedMax(long milliseconds)
    {
        long known;
        while (milliseconds > (known = Interlocked.Read(ref _slowest)) && Interlocked.CompareExchange(ref _slowest, milliseconds, known) != known)
        {
        }
    }
}
