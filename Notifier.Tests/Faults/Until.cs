using System.Diagnostics;

namespace Notifier.Tests.Faults;

/// <summary>Waits for what shows only by looking.</summary>
internal static class Until
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    /// <summary>How long it took until <paramref name="isSo"/>; fails with <paramref name="what"/> after <paramref name="seconds"/>.</summary>
    public static async Task<TimeSpan> TrueAsync(string what, Func<Task<bool>> isSo, int seconds = 30)
    {
        var start = Stopwatch.GetTimestamp();
        while (!await isSo())
        {
            if (Stopwatch.GetElapsedTime(start).TotalSeconds > seconds) throw new TimeoutException($"Not within {seconds} s: {what}.");
            await Task.Delay(Interval, TimeProvider.System);
        }

        return Stopwatch.GetElapsedTime(start);
    }

    public static Task<TimeSpan> TrueAsync(string what, Func<bool> isSo, int seconds = 30) => TrueAsync(what, () => Task.FromResult(isSo()), seconds);

    /// <summary>Lets time pass in which a fault lasts: the only use of time that is no wait for something.</summary>
    public static Task LastsAsync(double seconds) => Task.Delay(TimeSpan.FromSeconds(seconds), TimeProvider.System);
}
