using Notifier.Api.Streams;
using Notifier.Core.Settings;
using Notifier.Tests.Support;

namespace Notifier.Tests.Streams;

/// <summary>When the collector is asked to give back what a wave of new streams took.</summary>
public sealed class WaveCollectionTests
{
    private readonly ManualTime _time = new();
    private readonly StreamDoor _door = new(new StreamOptions { MaxPerUser = int.MaxValue });
    private long _allocated;
    private long _heapBytes;
    private int _collections;

    [Fact]
    public async Task A_wave_of_streams_is_cleared_away_once_and_not_before_the_service_is_at_rest()
    {
        await using var wave = await StartAsync();
        Open(WaveCollection.MinNewStreams);
        Look(busy: true);
        Look(busy: true);
        Look(busy: false);
        _collections.ShouldBe(0);

        Look(busy: false);
        _collections.ShouldBe(1);

        for (var i = 0; i < 10; i++) Look(busy: false);
        _collections.ShouldBe(1);
    }

    [Fact]
    public async Task Those_who_come_back_count_as_well()
    {
        await using var wave = await StartAsync();
        Open(WaveCollection.MinNewStreams);
        for (var i = 0; i < WaveCollection.LooksAtRest; i++) Look(busy: false);

        for (var i = 0; i < WaveCollection.MinNewStreams; i++) _door.Leave("ada");
        Open(WaveCollection.MinNewStreams);
        Look(busy: true);
        for (var i = 0; i < WaveCollection.LooksAtRest; i++) Look(busy: false);

        _collections.ShouldBe(2);
    }

    [Theory]
    [InlineData(WaveCollection.MinNewStreams - 1, 0)]
    [InlineData(WaveCollection.MinNewStreams, WaveCollection.MaxHeapBytes + 1)]
    public async Task Few_streams_are_not_worth_it_and_much_memory_would_be_gone_through_for_too_long(int streams, long heapBytes)
    {
        await using var wave = await StartAsync();
        _heapBytes = heapBytes;
        Open(streams);

        for (var i = 0; i < 10; i++) Look(busy: false);

        _collections.ShouldBe(0);
    }

    private async Task<WaveCollection> StartAsync()
    {
        var wave = new WaveCollection(_door, _time) { AllocatedBytes = () => _allocated, HeapBytes = () => _heapBytes, Collect = () => _collections++ };
        await wave.StartAsync(CancellationToken.None);
        return wave;
    }

    private void Open(int streams)
    {
        for (var i = 0; i < streams; i++) _door.TryEnter("ada").ShouldBeNull();
    }

    private void Look(bool busy)
    {
        if (busy) _allocated += WaveCollection.RestBytes;
        _time.Advance(WaveCollection.LookInterval);
    }
}
