namespace Notifier.Core.Log.Embedded;

/// <summary>What lies where the whole commits of a segment end.</summary>
internal enum SegmentEnd
{
    /// <summary>Nothing, or zeros.</summary>
    Clean,

    /// <summary>Bytes that are no commit, and no commit after them.</summary>
    Torn,

    /// <summary>Bytes that are no commit, and a whole one after them.</summary>
    Damaged,
}
