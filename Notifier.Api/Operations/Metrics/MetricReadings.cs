using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Diagnostics.Metrics;
using Notifier.Core.Metrics;

namespace Notifier.Api.Operations.Metrics;

/// <summary>What the service's own meter, the server's and the runtime's have measured since the start. One for each service in the process.</summary>
internal sealed class MetricReadings : IDisposable
{
    private static readonly FrozenSet<string> Meters = FrozenSet.ToFrozenSet(
        [NotifierMetrics.MeterName, "System.Runtime", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel"], StringComparer.Ordinal);

    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<string, MetricFamily> _families = new(StringComparer.Ordinal);
    private readonly MeterListener _listener = new();

    public MetricReadings(IMeterFactory meters)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            // Another service in this process has meters of the same names; the runtime's has no owner.
            if (!Meters.Contains(instrument.Meter.Name) || (instrument.Meter.Scope is { } owner && !ReferenceEquals(owner, meters))) return;
            listener.EnableMeasurementEvents(instrument, _families.GetOrAdd(instrument.Name, static (_, i) => new(i), instrument));
        };
        _listener.SetMeasurementEventCallback<byte>(static (_, value, labels, family) => ((MetricFamily)family!).Record(value, labels));
        _listener.SetMeasurementEventCallback<short>(static (_, value, labels, family) => ((MetricFamily)family!).Record(value, labels));
        _listener.SetMeasurementEventCallback<int>(static (_, value, labels, family) => ((MetricFamily)family!).Record(value, labels));
        _listener.SetMeasurementEventCallback<long>(static (_, value, labels, family) => ((MetricFamily)family!).Record(value, labels));
        _listener.SetMeasurementEventCallback<float>(static (_, value, labels, family) => ((MetricFamily)family!).Record(value, labels));
        _listener.SetMeasurementEventCallback<double>(static (_, value, labels, family) => ((MetricFamily)family!).Record(value, labels));
        _listener.SetMeasurementEventCallback<decimal>(static (_, value, labels, family) => ((MetricFamily)family!).Record((double)value, labels));
        _listener.Start();
    }

    /// <summary>Calls <paramref name="read"/> with all instruments, in the order of their names, each as of now.</summary>
    public T Read<T>(Func<IReadOnlyList<MetricFamily>, T> read)
    {
        lock (_gate)
        {
            foreach (var family in _families.Values)
            {
                if (family.Instrument.IsObservable) family.BeginObservation();
            }

            _listener.RecordObservableInstruments();
            return read([.. _families.Values.OrderBy(family => family.Name, StringComparer.Ordinal)]);
        }
    }

    public void Dispose() => _listener.Dispose();
}
