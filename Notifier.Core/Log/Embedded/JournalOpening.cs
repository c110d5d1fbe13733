namespace Notifier.Core.Log.Embedded;

/// <summary>What was found in a journal's folder.</summary>
/// <param name="Folder">The folder, in full.</param>
/// <param name="Segments">Segments that were read.</param>
/// <param name="Bytes">Bytes that they hold.</param>
/// <param name="Events">Events that are retained.</param>
/// <param name="Topics">Topics that are known.</param>
/// <param name="Values">Once-keys, completions, read marks and the like.</param>
/// <param name="CutBytes">Bytes of the torn tail that were cut: a write that nobody was answered for.</param>
/// <param name="SetAside">Files that <c>--repair</c> set aside.</param>
/// <param name="Elapsed">How long it took.</param>
public sealed record JournalOpening(
    string Folder, int Segments, long Bytes, long Events, int Topics, int Values, long CutBytes, IReadOnlyList<string> SetAside, TimeSpan Elapsed);
