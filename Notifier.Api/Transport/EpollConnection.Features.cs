using System.Buffers;
using System.Collections;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Notifier.Api.Transport;

/// <summary>The connection as the collection of its own features; the handful that the server adds stands in a list.</summary>
internal sealed partial class EpollConnection : IFeatureCollection, IDuplexPipe, IConnectionIdFeature, IConnectionTransportFeature, IConnectionItemsFeature,
    IConnectionLifetimeFeature, IConnectionEndPointFeature, IMemoryPoolFeature
{
    private const int FeaturesOfServer = 5;

    private readonly List<KeyValuePair<Type, object>> _added = new(FeaturesOfServer);
    private int _revision;

    public override IFeatureCollection Features => this;

    PipeReader IDuplexPipe.Input => _input.Reader;

    PipeWriter IDuplexPipe.Output => _output;

    MemoryPool<byte> IMemoryPoolFeature.MemoryPool => _terms.Pool;

    bool IFeatureCollection.IsReadOnly => false;

    int IFeatureCollection.Revision => _revision;

    public object? this[Type key]
    {
        get
        {
            foreach (var (type, feature) in _added)
            {
                if (type == key) return feature;
            }

            return IsOwn(key) ? this : null;
        }

        set
        {
            _revision++;
            for (var i = _added.Count - 1; i >= 0; i--)
            {
                if (_added[i].Key == key) _added.RemoveAt(i);
            }

            if (value is not null && !ReferenceEquals(value, this)) _added.Add(new(key, value));
        }
    }

    public TFeature? Get<TFeature>() => (TFeature?)this[typeof(TFeature)];

    public void Set<TFeature>(TFeature? instance) => this[typeof(TFeature)] = instance;

    public IEnumerator<KeyValuePair<Type, object>> GetEnumerator() => _added.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    void IConnectionLifetimeFeature.Abort() => Abort();

    private static bool IsOwn(Type key) =>
        key == typeof(IConnectionIdFeature) || key == typeof(IConnectionTransportFeature) || key == typeof(IConnectionItemsFeature)
        || key == typeof(IConnectionLifetimeFeature) || key == typeof(IConnectionEndPointFeature) || key == typeof(IMemoryPoolFeature);
}
