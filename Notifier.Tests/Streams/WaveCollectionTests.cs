using Notifier.Api.Streams;
using Notifier.Core.Settings;
using Notifier.Tests.Support;

namespace Notifier.Tests.Streams;

/// <summary>When the collector is asked to move what a wave of new streams left behind, and to give back what it took.</summary>
public sealed class WaveCollectionTests
{
    private readonly ManualTime _time = new();
    private readonly StreamDoor _door = new(new StreamOptions { MaxPerUser = int.MaxValue });
    private readonly Queue<long> _youngBytes = new();
    private long _allocated;
    private long _heapBytes;
    private int _promotions;
    private int _givenBack;

    [Fact]
    public async Task Streams_are_moved_when_no_more_of_them_come_though_the_service_is_busy()
    {
        await using var wave = await StartAsync();
        for (var i = 0; i < 10; i++)
        {
            Open(WaveCollection.MinNewStreams);
            Look(busy: true);
        }

        _promotions.ShouldBe(0);

        for (var i = 0; i < WaveCollection.LooksWithoutNew; i++) Look(busy: true);
        _promotions.ShouldBe(1);

        for (var i = 0; i < 10; i++) Look(busy: true);
        _promotions.ShouldBe(1);
        _givenBack.ShouldBe(0);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(WaveCollection.MaxPromotions, 10)]
    public async Task They_are_moved_until_they_are_old_and_not_for_ever(int promotions, int stillYoung = 0)
    {
        await using var wave = await StartAsync();
        for (var i = 1; i < promotions + stillYoung; i++) _youngBytes.Enqueue(WaveCollection.MaxYoungBytes + 1);
        Open(WaveCollection.MinNewStreams);

        for (var i = 0; i < 20; i++) Look(busy: true);

        _promotions.ShouldBe(promotions);
    }

    [Fact]
    public async Task Who_opens_streams_and_closes_them_again_and_again_has_them_moved_every_ten_seconds_at_most()
    {
        await using var wave = await StartAsync();
        const int MaxTimes = 3;

        for (var i = 0; i < MaxTimes * WaveCollection.SecondsBetweenWaves; i++)
        {
            for (var n = 0; n < WaveCollection.MinNewStreams; n++)
            {
                _door.TryEnter("eve").ShouldBeNull();
                _door.Leave("eve");
            }

            LookForSeconds(1, busy: true);
        }

        _promotions.ShouldBe(MaxTimes);
    }

    [Fact]
    public async Task Memory_is_given_back_once_and_not_before_the_service_is_at_rest()
    {
        await using var wave = await StartAsync();
        Open(WaveCollection.MinNewStreams);
        LookForSeconds(2, busy: true);
        LookForSeconds(WaveCollection.SecondsAtRest - 1, busy: false);
        _givenBack.ShouldBe(0);

        LookForSeconds(1, busy: false);
        _givenBack.ShouldBe(1);

        LookForSeconds(10, busy: false);
        _givenBack.ShouldBe(1);
    }

    [Fact]
    public async Task Those_who_come_back_count_as_well()
    {
        await using var wave = await StartAsync();
        Open(WaveCollection.MinNewStreams);
        LookForSeconds(WaveCollection.SecondsAtRest, busy: false);

        for (var i = 0; i < WaveCollection.MinNewStreams; i++) _door.Leave("ada");
        Open(WaveCollection.MinNewStreams);
        LookForSeconds(WaveCollection.SecondsBetweenWaves, busy: true);
        LookForSeconds(WaveCollection.SecondsAtRest, busy: false);

        (_promotions, _givenBack).ShouldBe((2, 2));
    }

    [Theory]
    [InlineData(WaveCollection.MinNewStreams - 1, 0)]
    [InlineData(WaveCollection.MinNewStreams, WaveCollection.MaxHeapBytes + 1)]
    public async Task Few_streams_are_not_worth_it_and_much_memory_would_be_gone_through_for_too_long(int streams, long heapBytes)
    {
        await using var wave = await StartAsync();
        _heapBytes = heapBytes;
        Open(streams);

        LookForSeconds(10, busy: false);

        (_promotions, _givenBack).ShouldBe((0, 0));
    }

    private async Task<WaveCollection> StartAsync()
    {
        var wave = new WaveCollection(_door, _time)
        {
            AllocatedBytes = () => _allocated,
            HeapBytes = () => _heapBytes,
            YoungBytes = () => _youngBytes.TryDequeue(out var bytes) ? bytes : WaveCollection.MaxYoungBytes,
            Promote = () => _promotions++,
            GiveBack = () => _givenBack++,
        };
        await wave.StartAsync(CancellationToken.None);
        return wave;
    }

    private void Open(int streams)
    {
        for (var i = 0; i < streams; i++) _door.TryEnter("ada").ShouldBeNull();
    }

    private void LookForSeconds(int seconds, bool busy)
    {
        for (var i = 0; i < seconds * WaveCollection.LooksPerSecond; i++) Look(busy);
    }

    private void Look(bool busy)
    {
        if (busy) _allocated += WaveCollection.RestBytes;
        _time.Advance(WaveCollection.LookInterval);
    }
}
