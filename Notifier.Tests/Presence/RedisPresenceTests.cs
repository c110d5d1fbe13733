using Notifier.Tests.Support;

namespace Notifier.Tests.Presence;

public sealed class RedisPresenceTests(RedisServer redis) : PresenceContract, IClassFixture<RedisServer>, IAsyncLifetime
{
    private readonly string _prefix = $"test-{Guid.NewGuid():N}";
    private NotifierHost? _one;
    private NotifierHost? _two;

    protected override (NotifierHost One, NotifierHost Two) Hosts => (_one ??= Start(), _two ??= Start());

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_one is not null) await _one.DisposeAsync();
        if (_two is not null) await _two.DisposeAsync();
    }

    private NotifierHost Start() => NotifierHost.With(
        ("Presence:GraceSeconds", "1"), ("Presence:MaxListed", "50"), ("Redis:Configuration", redis.Need()), ("Redis:KeyPrefix", _prefix),
        ("Auth:SigningKey", TestTokens.Key));
}
