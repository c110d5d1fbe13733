namespace Notifier.Tests.Support;

/// <summary>The service outside Development: nobody is a guest, and <see cref="TestTokens"/> are believed.</summary>
public sealed class TokenHost : IAsyncDisposable, IDisposable
{
    public NotifierHost Host { get; } = NotifierHost.In("Production", ("Auth:SigningKey", TestTokens.Key), ("Auth:PreviousSigningKey", TestTokens.PreviousKey));

    public ValueTask DisposeAsync() => Host.DisposeAsync();

    public void Dispose() => Host.Dispose();
}
