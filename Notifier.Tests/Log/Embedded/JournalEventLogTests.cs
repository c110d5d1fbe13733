using Notifier.Core.Log;
using Notifier.Core.Log.Embedded;
using Notifier.Core.Settings;
using Notifier.Tests.Contract;
using Notifier.Tests.Support;

namespace Notifier.Tests.Log.Embedded;

/// <summary>The contract of every log, kept by the journal.</summary>
public sealed class JournalEventLogTests : EventLogContract, IDisposable
{
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private protected override ValueTask<IEventLog> OpenAsync(LogOptions? options = null) =>
        ValueTask.FromResult<IEventLog>(JournalEventLog.Open((options ?? new()) with { Path = _folder.Path }, TimeProvider.System, new RecordingWatch()));
}
