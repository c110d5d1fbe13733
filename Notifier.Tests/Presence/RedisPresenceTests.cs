using Notifier.Tests.Support;

namespace Notifier.Tests.Presence;

public sealed class RedisPresenceTests(TwinHosts twins) : PresenceContract, IClassFixture<TwinHosts>
{
    protected override (NotifierHost One, NotifierHost Two) Hosts => twins.Need();
}
