using FsCheck;
using FsCheck.Fluent;
using Notifier.Core.Events;
using Notifier.Core.Log;
using Notifier.Core.Log.Memory;
using Notifier.Core.Topics;
using Notifier.Tests.Support;

namespace Notifier.Tests.Log;

/// <summary>
/// The promise of the whole service, checked against a model: whatever happens, a client that comes back with its last id has every event of its
/// topics exactly once and in order, or a gap that names exactly where it could not.
/// </summary>
public sealed class DeliveryPropertyTests
{
    [Fact]
    public void Every_event_comes_exactly_once_and_in_order_or_a_gap_names_the_hole() =>
        Prop.ForAll(ArbMap.Default.ArbFor<int[]>(), ops => Run(ops).GetAwaiter().GetResult())
            .Check(Config.QuickThrowOnFailure.WithMaxTest(400).WithStartSize(20).WithEndSize(250));

    [Fact]
    public void The_check_itself_notices_a_lost_a_doubled_and_a_swapped_event()
    {
        var topic = TopicName.Room("general");
        var history = new History(topic);
        LogPosition[] ids = [new(1, 0), new(2, 0), new(3, 0)];
        foreach (var id in ids) history.Published(id);

        Should.Throw<Exception>(() => new Client([history]).Take(new(Logged(topic, ids[1], ids[0]))));
        var twice = new Client([history]);
        twice.Take(new(Logged(topic, ids[0], default)));
        Should.Throw<Exception>(() => twice.Take(new(Logged(topic, ids[0], default))));
        var swapped = new Client([history]);
        swapped.Take(new(new Gap(topic, default, ids[2], ids[1], GapReason.Trimmed)));
        Should.Throw<Exception>(() => swapped.Take(new(Logged(topic, ids[0], default))));
    }

    private static LoggedEvent Logged(TopicName topic, LogPosition position, LogPosition predecessor) =>
        new(topic, position, predecessor, Drafts.Message("x"));

    /// <summary>Each number is one step: what it does is its low digits, to whom the rest.</summary>
    private static async Task<bool> Run(int[] steps)
    {
        var time = new ManualTime();
        await using var log = new MemoryEventLog(new() { MaxEventsPerTopic = 12 }, time);
        await using var subscriptions = new Subscriptions(log, new() { TailEvents = 5, MaxEventsPerTopic = 12 }, time);
        History[] histories = [.. Enumerable.Range(0, 3).Select(i => new History(TopicName.Room($"r{i}")))];
        foreach (var history in histories) history.Opened(await log.ReadHeadAsync(history.Topic, default));

        // One follows a single topic, the others several, and two of them overlap.
        Client[] clients = [new([histories[0]]), new([histories[0], histories[1]]), new(histories)];
        foreach (var client in clients) await client.ConnectAsync(subscriptions);

        foreach (var step in steps)
        {
            var number = (int)((uint)step % 1000);
            var client = clients[number / 10 % clients.Length];
            var history = histories[number / 10 % histories.Length];
            switch (number % 10)
            {
                case < 4:
                    for (var i = 0; i <= number / 30 % 4; i++)
                    {
                        history.Published((await log.AppendAsync(history.Topic, Drafts.Message("x"), default, default)).Position);
                    }

                    break;
                case 4:
                    // A burst that trims far past everybody.
                    for (var i = 0; i < 20; i++) history.Published((await log.AppendAsync(history.Topic, Drafts.Message("x"), default, default)).Position);
                    break;
                case 5:
                    client.Disconnect();
                    break;
                case 6:
                    await client.ConnectAsync(subscriptions);
                    break;
                case 7:
                    await client.ReadAsync(most: number / 100);
                    break;
                case 8:
                    time.Advance(TimeSpan.FromSeconds(number / 10));
                    break;
                default:
                    await client.ReadAsync(most: int.MaxValue);
                    break;
            }
        }

        foreach (var client in clients)
        {
            await client.ConnectAsync(subscriptions);
            await client.ReadAsync(most: int.MaxValue);
            client.ShouldBeAtTheHead();
            client.Disconnect();
        }

        return true;
    }

    /// <summary>What was ever published in a topic, whether it is still held or not.</summary>
    private sealed class History(TopicName topic)
    {
        private readonly List<LogPosition> _published = [];

        public TopicName Topic { get; } = topic;

        public LogPosition Start { get; private set; }

        public LogPosition Head => _published.Count > 0 ? _published[^1] : Start;

        public void Opened(LogPosition head) => Start = head;

        public void Published(LogPosition position) => _published.Add(position);

        /// <summary>The event that follows a position.</summary>
        public LogPosition After(LogPosition position) =>
            position == Start ? _published[0] : _published[_published.IndexOf(position) + 1];

        public bool Knows(LogPosition position) => position == Start || _published.Contains(position);
    }

    /// <summary>A client as the contract thinks of one: it keeps the last id, and nothing else, from one connection to the next.</summary>
    private sealed class Client(IReadOnlyList<History> topics)
    {
        private Subscription? _subscription;
        private string? _lastEventId;
        private readonly Dictionary<TopicName, LogPosition> _seen = topics.ToDictionary(h => h.Topic, h => h.Start);

        public async Task ConnectAsync(Subscriptions subscriptions)
        {
            if (_subscription is not null) return;
            Cursor? cursor = null;
            if (_lastEventId is not null) Cursor.TryParse(_lastEventId, out cursor).ShouldBeTrue();
            _subscription = await subscriptions.OpenAsync(
                [.. topics.Select(h => (h.Topic, cursor is null ? StartPoint.Now : cursor.TryGetPosition(h.Topic, out var at) ? new StartPoint { After = at } : throw new InvalidOperationException()))],
                default);
            Remember();
        }

        public void Disconnect()
        {
            _subscription?.Dispose();
            _subscription = null;
        }

        public async Task ReadAsync(int most)
        {
            if (_subscription is null) return;
            while (most > 0)
            {
                if (_subscription.TryRead(out var delivery))
                {
                    Take(delivery);
                    Remember();
                    most--;
                }
                else if (_subscription.IsBehind)
                {
                    await _subscription.WaitAsync();
                }
                else
                {
                    return;
                }
            }
        }

        public void Take(Delivery delivery)
        {
            if (delivery.Kind == DeliveryKind.Event)
            {
                var history = topics.Single(h => h.Topic.Equals(delivery.Event.Topic));
                delivery.Event.Position.ShouldBe(history.After(_seen[history.Topic]), "the event after the last one seen, neither skipped nor repeated");
                _seen[history.Topic] = delivery.Event.Position;
            }
            else
            {
                var gap = delivery.Gap;
                var history = topics.Single(h => h.Topic.Equals(gap.Topic));
                gap.After.ShouldBe(_seen[gap.Topic], "a gap starts where the client stands");
                gap.Resume.ShouldBeGreaterThan(gap.After, "a gap covers something");
                gap.Reason.ShouldBe(GapReason.Trimmed);
                history.Knows(gap.Resume).ShouldBeTrue();
                if (gap.First is { } first) history.After(gap.Resume).ShouldBe(first, "the hole ends right before the first event that is held");
                else history.Head.ShouldBe(gap.Resume);
                _seen[gap.Topic] = gap.Resume;
            }
        }

        public void ShouldBeAtTheHead()
        {
            foreach (var history in topics) _seen[history.Topic].ShouldBe(history.Head);
        }

        private void Remember()
        {
            var id = new byte[Cursor.MaxEncodedLength(topics.Count)];
            var length = Cursor.Encode([.. Enumerable.Range(0, topics.Count).Select(i => _subscription![i])], id);
            _lastEventId = System.Text.Encoding.ASCII.GetString(id, 0, length);
        }
    }
}
