using Notifier.Core.Log.Embedded;

namespace Notifier.Api.Operations;

/// <summary>What becomes of the embedded log's journal, as log lines.</summary>
internal sealed partial class JournalLines(ILogger<JournalLines> logger) : IJournalWatch
{
    private readonly ILogger _logger = logger;

    public void OnOpened(JournalOpening opening)
    {
        Opened(opening.Folder, opening.Events, opening.Topics, opening.Values, opening.Segments, opening.Bytes, opening.CutBytes, (long)opening.Elapsed.TotalMilliseconds);
        if (opening.SetAside.Count > 0) Repaired(string.Join(", ", opening.SetAside));
    }

    public void OnWriteFailed(string folder, Exception cause) => WriteFailed(folder, cause.Message);

    [LoggerMessage(LogLevel.Information, "The embedded log in {Folder} can be written again.")]
    public partial void OnWriteHealed(string folder);

    public void OnWritingEnded(string folder, Exception cause) => WritingEnded(folder, cause.Message);

    [LoggerMessage(LogLevel.Error, "The embedded log is damaged: segment {Segment} at offset {Offset} was whole when it was written. Reads of what lies there fail; restore the folder from a backup, or restart with --repair.")]
    public partial void OnDamageRead(string segment, long offset);

    public void OnKeepingFailed(string folder, Exception cause) => KeepingFailed(folder, cause.Message);

    [LoggerMessage(LogLevel.Warning, "The embedded log in {Folder} takes {Bytes} bytes without any old event that could be dropped, close to Log:MaxBytes or over it: completions, read marks and once-keys take the room. Raise Log:MaxBytes.")]
    public partial void OnStateOverBytes(string folder, long bytes);

    [LoggerMessage(LogLevel.Information, "Opened the embedded log in {Folder}: {Events} events in {Topics} topics and {Values} values, from {Segments} segments of {Bytes} bytes; cut {CutBytes} bytes of a torn tail; took {ElapsedMs} ms.")]
    private partial void Opened(string folder, long events, int topics, int values, int segments, long bytes, long cutBytes, long elapsedMs);

    [LoggerMessage(LogLevel.Warning, "Repaired the embedded log: kept what stood before the damage, and set aside {Files}.")]
    private partial void Repaired(string files);

    [LoggerMessage(LogLevel.Error, "The embedded log in {Folder} cannot be written: {Cause} Publishing answers 503 until it can; streams stay open, and nothing that was acknowledged is lost.")]
    private partial void WriteFailed(string folder, string cause);

    [LoggerMessage(LogLevel.Critical, "What was written to the embedded log in {Folder} could not be made durable: {Cause} Publishing answers 503 until this process is restarted; look at the disk first.")]
    private partial void WritingEnded(string folder, string cause);

    [LoggerMessage(LogLevel.Warning, "Old segments of the embedded log in {Folder} could not be dropped or rewritten: {Cause} It is tried again.")]
    private partial void KeepingFailed(string folder, string cause);
}
