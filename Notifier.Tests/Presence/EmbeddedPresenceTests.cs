using Notifier.Tests.Support;

namespace Notifier.Tests.Presence;

public sealed class EmbeddedPresenceTests(EmbeddedPresenceTests.SmallHost small) : PresenceContract, IClassFixture<EmbeddedPresenceTests.SmallHost>
{
    protected override (NotifierHost One, NotifierHost Two) Hosts => (small.Host, small.Host);

    /// <summary>Short graces, and rooms that are soon too large to be listed.</summary>
    public sealed class SmallHost : IAsyncDisposable, IDisposable
    {
        public NotifierHost Host { get; } = NotifierHost.With(("Presence:GraceSeconds", "1"), ("Presence:MaxListed", "50"));

        public ValueTask DisposeAsync() => Host.DisposeAsync();

        public void Dispose() => Host.Dispose();
    }
}
