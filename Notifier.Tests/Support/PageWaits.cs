using System.Diagnostics;
using Microsoft.Playwright;

namespace Notifier.Tests.Support;

/// <summary>Waits in a page. Playwright's own wait evaluates a string within the page, which the service's content security policy forbids.</summary>
internal static class PageWaits
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    /// <summary>Waits until <paramref name="condition"/>, an expression in JavaScript, is true.</summary>
    /// <exception cref="TimeoutException">It is not after 20 s.</exception>
    public static async Task UntilAsync(this IPage page, string condition)
    {
        var start = Stopwatch.GetTimestamp();
        while (!await page.EvaluateAsync<bool>($"Boolean({condition})"))
        {
            if (Stopwatch.GetElapsedTime(start) > Deadline) throw new TimeoutException($"Not within {Deadline.TotalSeconds} s: {condition}");
            await Task.Delay(Interval, TimeProvider.System);
        }
    }
}
