using System.Runtime.InteropServices;

namespace Notifier.Api.Operations;

/// <summary>
/// The first SIGTERM or SIGINT begins the drain, by the host. Who sends a second one does not want to wait: the process ends at once, with the exit code
/// of a process that the signal killed. What was acknowledged is stored, drain or not.
/// </summary>
internal sealed partial class SecondSignal(ILogger<SecondSignal> logger) : IHostedService, IDisposable
{
    /// <summary>A service manager may tell a process and its group, so that two signals at the same moment are one.</summary>
    private static readonly TimeSpan Echo = TimeSpan.FromMilliseconds(100);

    private readonly List<PosixSignalRegistration> _registrations = [];
    private long _first;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => Received(128 + 15)));
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGINT, _ => Received(128 + 2)));
        return Task.CompletedTask;
    }

    // The registrations stay: it is while the service stops that the second signal comes.
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
    }

    private void Received(int exitCode)
    {
        var now = TimeProvider.System.GetTimestamp();
        var first = Interlocked.CompareExchange(ref _first, now, 0);
        if (first == 0 || TimeProvider.System.GetElapsedTime(first, now) < Echo) return;
        LogEnding(logger);
        Environment.Exit(exitCode);
    }

    [LoggerMessage(LogLevel.Warning, "A second signal: ending at once, with streams open.")]
    private static partial void LogEnding(ILogger logger);
}
