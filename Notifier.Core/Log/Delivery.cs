using Notifier.Core.Events;

namespace Notifier.Core.Log;

/// <summary>One thing that a subscription hands out; of the three values the one that <see cref="Kind"/> names is set.</summary>
public readonly record struct Delivery
{
    private readonly object _value;

    public Delivery(LoggedEvent logged) => (Kind, _value) = (DeliveryKind.Event, logged);

    public Delivery(EphemeralEvent ephemeral) => (Kind, _value) = (DeliveryKind.Signal, ephemeral);

    public Delivery(Gap gap) => (Kind, _value) = (DeliveryKind.Gap, gap);

    public DeliveryKind Kind { get; }

    public LoggedEvent Event => (LoggedEvent)_value;

    public EphemeralEvent Signal => (EphemeralEvent)_value;

    public Gap Gap => (Gap)_value;
}
