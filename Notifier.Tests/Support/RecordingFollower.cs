using System.Threading.Channels;
using Notifier.Core.Events;
using Notifier.Core.Log;

namespace Notifier.Tests.Support;

/// <summary>Keeps what a log tells its follower.</summary>
internal sealed class RecordingFollower : ILogFollower
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    private readonly Channel<LoggedEvent> _events = Channel.CreateUnbounded<LoggedEvent>();
    private readonly Channel<LogPosition> _starts = Channel.CreateUnbounded<LogPosition>();
    private readonly Channel<EphemeralEvent> _signals = Channel.CreateUnbounded<EphemeralEvent>();

    public LogPosition? Started { get; private set; }

    public void OnStarted(LogPosition head)
    {
        Started = head;
        _starts.Writer.TryWrite(head);
    }

    public void OnAppended(LoggedEvent logged) => _events.Writer.TryWrite(logged);

    public void OnSignal(EphemeralEvent ephemeral) => _signals.Writer.TryWrite(ephemeral);

    public async Task<List<LoggedEvent>> TakeAsync(int count)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        var events = new List<LoggedEvent>();
        while (events.Count < count) events.Add(await _events.Reader.ReadAsync(deadline.Token));
        return events;
    }

    public async Task<LogPosition> TakeStartAsync()
    {
        using var deadline = new CancellationTokenSource(Deadline);
        return await _starts.Reader.ReadAsync(deadline.Token);
    }

    public async Task<EphemeralEvent> TakeSignalAsync()
    {
        using var deadline = new CancellationTokenSource(Deadline);
        return await _signals.Reader.ReadAsync(deadline.Token);
    }

    public bool HasMore => _events.Reader.TryPeek(out _) || _signals.Reader.TryPeek(out _);
}
