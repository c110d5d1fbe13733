namespace Notifier.Core.Log.Embedded;

/// <summary>Who is told what becomes of a journal, to tell the operator. Calls come from the journal's own threads.</summary>
public interface IJournalWatch
{
    /// <summary>It was opened.</summary>
    void OnOpened(JournalOpening opening);

    /// <summary>A write failed: publishing answers 503 until one succeeds. Told once for all that fail in a row.</summary>
    void OnWriteFailed(string folder, Exception cause);

    /// <summary>Writes succeed again.</summary>
    void OnWriteHealed(string folder);

    /// <summary>What was written could not be made durable: nothing more is written until a restart.</summary>
    void OnWritingEnded(string folder, Exception cause);

    /// <summary>A record that was whole before is not any more; reading it fails.</summary>
    void OnDamageRead(string segment, long offset);

    /// <summary>Old segments could not be dropped or rewritten; it is tried again.</summary>
    void OnKeepingFailed(string folder, Exception cause);

    /// <summary>What is kept for ever takes more than <c>Log:MaxBytes</c> by itself.</summary>
    void OnStateOverBytes(string folder, long bytes);
}
