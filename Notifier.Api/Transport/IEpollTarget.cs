namespace Notifier.Api.Transport;

/// <summary>What is told when its descriptor is ready.</summary>
internal interface IEpollTarget
{
    /// <summary>Called on the loop's thread, for one target at a time.</summary>
    void OnReady(uint events);
}
