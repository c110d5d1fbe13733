using Notifier.Tests.Support;

namespace Notifier.Tests.Inbox;

public sealed class EmbeddedInboxTests(NotifierHost host) : InboxContract, IClassFixture<NotifierHost>
{
    protected override (NotifierHost One, NotifierHost Two) Hosts => (host, host);
}
