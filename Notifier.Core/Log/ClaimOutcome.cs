namespace Notifier.Core.Log;

/// <summary>To whom a once-key belongs.</summary>
public enum ClaimOutcome
{
    /// <summary>To this caller, from now on.</summary>
    Claimed,

    /// <summary>To an earlier caller with the same body.</summary>
    Known,

    /// <summary>To an earlier caller with another body.</summary>
    Taken,
}
