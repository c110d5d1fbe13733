namespace Notifier.Core.Log;

/// <summary>What a subscription hands out.</summary>
public enum DeliveryKind
{
    /// <summary>A stored event.</summary>
    Event,

    /// <summary>An event that is not stored.</summary>
    Signal,

    /// <summary>A hole, before what follows it.</summary>
    Gap,
}
