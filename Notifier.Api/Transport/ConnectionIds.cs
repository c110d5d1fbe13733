namespace Notifier.Api.Transport;

/// <summary>Names of connections as the server writes them: a count from the start of the process in base 32, so that lines of two runs differ.</summary>
internal static class ConnectionIds
{
    private const string Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUV";
    private const int Length = 13;

    private static long _last = TimeProvider.System.GetUtcNow().Ticks;

    public static string Next() => string.Create(Length, Interlocked.Increment(ref _last), static (id, number) =>
    {
        for (var i = Length - 1; i >= 0; i--, number >>= 5) id[i] = Digits[(int)(number & 31)];
    });
}
