using Microsoft.Playwright;

namespace Notifier.Tests.Support;

/// <summary>A headless browser that a class of tests shares; every window has cookies and storage of its own.</summary>
public sealed class Chromium : IAsyncLifetime
{
    /// <summary>Where it is looked for.</summary>
    public const string ExecutablePath = "/usr/bin/chromium";

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public async Task InitializeAsync()
    {
        // A fixture cannot skip; the test does, when it opens a window.
        if (!File.Exists(ExecutablePath)) return;
        _playwright = await Playwright.CreateAsync();

        // As long as every other wait of these tests: the default of 5 s is short for a busy machine.
        Assertions.SetDefaultExpectTimeout(20_000);
        _browser = await _playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = ExecutablePath,
            Headless = true,
            Args =
            [
                "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
            ],
        });
    }

    public async Task DisposeAsync()
    {
        if (_browser is not null) await _browser.DisposeAsync();
        _playwright?.Dispose();
    }

    /// <summary>A new window that shows nothing yet.</summary>
    public async Task<IPage> OpenWindowAsync(BrowserNewContextOptions? options = null)
    {
        Requirement.Met(_browser is not null, $"Chromium is not installed at {ExecutablePath}.");
        var context = await _browser!.NewContextAsync(options);
        return await context.NewPageAsync();
    }
}
