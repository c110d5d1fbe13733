using System.Diagnostics.Metrics;
using Notifier.Core.Events;
using Notifier.Core.Topics;

namespace Notifier.Core.Metrics;

/// <summary>
/// Every instrument of the service (docs/metrics.md). Label sets are bounded: no label ever holds a room, a user, a connection, or anything else that
/// a client chooses.
/// </summary>
public sealed class NotifierMetrics : IDisposable
{
    /// <summary>What the meter is called.</summary>
    public const string MeterName = "Notifier";

    private static readonly double[] LagSeconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
    private static readonly int[] BatchSizes = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

    private readonly Meter _meter;
    private readonly UpDownCounter<int> _streams;
    private readonly Counter<long> _opened, _closed, _turnedAway, _gaps, _commands, _refused, _storeErrors;
    private readonly Histogram<double> _storeCalls, _fsyncs;
    private readonly Histogram<int> _batches;
    private readonly Tally _published;

    public NotifierMetrics(IMeterFactory meters)
        : this(meters.Create(MeterName))
    {
    }

    private NotifierMetrics(Meter meter)
    {
        _meter = meter;
        _streams = meter.CreateUpDownCounter<int>("notifier.streams.open", "{stream}", "Streams that are open here.");
        _opened = meter.CreateCounter<long>("notifier.streams.opened", "{stream}", "Streams that were opened; start says whether the client came back with a last id.");
        _closed = meter.CreateCounter<long>("notifier.streams.closed", "{stream}", "Streams that ended, by reason.");
        _turnedAway = meter.CreateCounter<long>("notifier.streams.refused", "{stream}", "Streams that were turned away at the door, by reason.");

        _published = new(meter, "notifier.events.published", "{event}", "Events that commands stored, or told as ephemeral.", [.. TypesWith("stored"), .. TypesWith("ephemeral")]);
        Delivered = new(meter, "notifier.events.delivered", "{event}", "Stored events that were handed to connections.", [.. Types()]);
        Replayed = new(meter, "notifier.events.replayed", "{event}", "Those of the delivered events that were stored before their stream opened.", []);
        DeliveryLag = Histogram<double>("notifier.delivery.lag", "s", "Time from stored to handed to the connection, of the oldest live event of each flush.", LagSeconds);
        _gaps = meter.CreateCounter<long>("notifier.gaps", "{gap}", "Gaps that clients were told of, by reason.");

        BellsReceived = new(meter, "notifier.bells.received", "{bell}", "Bells that came from Redis.", []);
        BellsLost = new(meter, "notifier.bells.lost", "{bell}", "Times that a bell was missing, so that the log was read instead.", []);
        BellsRepaired = new(meter, "notifier.bells.repaired", "{event}", "Events that such a read found.", []);

        _storeCalls = Histogram<double>("notifier.store.call.duration", "s", "Round trips to Redis, failed ones too.", LagSeconds);
        _storeErrors = meter.CreateCounter<long>("notifier.store.errors", "{call}", "Round trips to Redis that failed, by reason.");
        _fsyncs = Histogram<double>("notifier.journal.fsync.duration", "s", "Time that the journal's fsyncs took.", LagSeconds);
        _batches = Histogram<int>("notifier.journal.batch.size", "{record}", "Records that one fsync made durable.", BatchSizes);

        _commands = meter.CreateCounter<long>("notifier.commands", "{command}", "Commands that were answered, by route and status.");
        _refused = meter.CreateCounter<long>("notifier.limits.refused", "{request}", "Requests that a limit refused, by limit.");
    }

    /// <summary>Metrics that nobody reads, for parts that are used alone.</summary>
    public static NotifierMetrics Unread { get; } = new(new Meter(MeterName + ".Unread"));

    public Tally Delivered { get; }

    public Tally Replayed { get; }

    public Histogram<double> DeliveryLag { get; }

    public Tally BellsReceived { get; }

    public Tally BellsLost { get; }

    public Tally BellsRepaired { get; }

    public void StreamOpened(string kind, string start)
    {
        _streams.Add(1, Label("kind", kind));
        _opened.Add(1, Label("kind", kind), Label("start", start));
    }

    public void StreamClosed(string kind, string reason)
    {
        _streams.Add(-1, Label("kind", kind));
        _closed.Add(1, Label("kind", kind), Label("reason", reason));
    }

    public void StreamRefused(string reason) => _turnedAway.Add(1, Label("reason", reason));

    public void Published(TopicName topic, string type)
    {
        // What instances tell each other is nobody's event.
        if (topic.Kind != TopicKind.Service) _published.Add(1, CountedType.IndexOf(type));
    }

    public void PublishedEphemeral(string type) => _published.Add(1, CountedType.Count + CountedType.IndexOf(type));

    public void GapTold(GapReason reason) => _gaps.Add(1, Label("reason", reason == GapReason.Reset ? "reset" : "trimmed"));

    public void CommandAnswered(string route, int status) => _commands.Add(1, Label("route", route), Label("status", status));

    public void Refused(RefusedLimit limit) => _refused.Add(1, Label("limit", NameOf(limit)));

    public void StoreCalled(TimeSpan took, string? failure = null)
    {
        _storeCalls.Record(took.TotalSeconds);
        if (failure is not null) _storeErrors.Add(1, Label("reason", failure));
    }

    public void JournalSynced(TimeSpan took, int records)
    {
        _fsyncs.Record(took.TotalSeconds);
        _batches.Record(records);
    }

    /// <summary>Adds an instrument that is asked for its value when somebody looks.</summary>
    public void Observe(string name, string unit, string description, Func<long> value) => _meter.CreateObservableGauge(name, value, unit, description);

    /// <summary>As <see cref="Observe(string, string, string, Func{long})"/>, with a value for each of some labels.</summary>
    public void Observe(string name, string unit, string description, Func<IEnumerable<Measurement<long>>> values) =>
        _meter.CreateObservableGauge(name, values, unit, description);

    /// <inheritdoc/>
    public void Dispose() => _meter.Dispose();

    private Histogram<T> Histogram<T>(string name, string unit, string description, T[] bounds)
        where T : struct =>
        _meter.CreateHistogram(name, unit, description, tags: null, new InstrumentAdvice<T> { HistogramBucketBoundaries = bounds });

    private static string NameOf(RefusedLimit limit) => limit switch
    {
        RefusedLimit.Commands => "commands",
        RefusedLimit.Publishers => "publishers",
        RefusedLimit.Ephemeral => "ephemeral",
        RefusedLimit.Body => "body",
        RefusedLimit.Event => "event",
        RefusedLimit.Topics => "topics",
        RefusedLimit.Streams => "streams",
        _ => "streams-per-user",
    };

    private static IEnumerable<KeyValuePair<string, object?>[]> Types() => Enumerable.Range(0, CountedType.Count).Select(i => new[] { Label("type", CountedType.NameOf(i)) });

    private static IEnumerable<KeyValuePair<string, object?>[]> TypesWith(string form) => Types().Select(type => new[] { type[0], Label("form", form) });

    private static KeyValuePair<string, object?> Label(string name, object value) => new(name, value);
}
