using Notifier.Tests.Support;

namespace Notifier.Tests.Presence;

public sealed class EmbeddedPresenceTests : PresenceContract, IAsyncDisposable
{
    private readonly NotifierHost _host = NotifierHost.With(("Presence:GraceSeconds", "1"), ("Presence:MaxListed", "50"), ("Log:Path", ""));

    protected override (NotifierHost One, NotifierHost Two) Hosts => (_host, _host);

    public ValueTask DisposeAsync() => _host.DisposeAsync();
}
