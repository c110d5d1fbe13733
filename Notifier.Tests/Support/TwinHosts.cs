namespace Notifier.Tests.Support;

/// <summary>Two instances in this process that share a Redis.</summary>
public sealed class TwinHosts : IAsyncLifetime
{
    private readonly string _prefix = $"test-{Guid.NewGuid():N}";
    private NotifierHost? _one;
    private NotifierHost? _two;

    public RedisServer Redis { get; } = new();

    /// <summary>First part of their keys.</summary>
    public string Prefix => _prefix;

    /// <summary>The two, or the test is skipped with the reason.</summary>
    public (NotifierHost One, NotifierHost Two) Need() => (_one ??= Start(), _two ??= Start());

    public Task InitializeAsync() => Redis.InitializeAsync();

    public async Task DisposeAsync()
    {
        if (_one is not null) await _one.DisposeAsync();
        if (_two is not null) await _two.DisposeAsync();
        await Redis.DisposeAsync();
    }

    private NotifierHost Start() => NotifierHost.With(
        ("Presence:GraceSeconds", "1"), ("Presence:MaxListed", "50"), ("Redis:Configuration", Redis.Need()), ("Redis:KeyPrefix", _prefix), ("Auth:SigningKey", TestTokens.Key));
}
