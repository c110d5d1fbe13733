using System.Security.Cryptography;
using Notifier.Core.Metrics;
using Notifier.Core.Settings;

namespace Notifier.Api.Streams;

/// <summary>What all streams of this instance share.</summary>
internal sealed class StreamContext(StreamOptions options, TimeProvider time, NotifierMetrics metrics)
{
    public StreamOptions Options { get; } = options;

    public TimeProvider Time { get; } = time;

    public NotifierMetrics Metrics { get; } = metrics;

    /// <summary><see cref="StreamOptions.HeartbeatSeconds"/>, in the clock's timestamps.</summary>
    public long HeartbeatInterval { get; } = options.HeartbeatSeconds * time.TimestampFrequency;

    /// <summary><see cref="StreamOptions.WriteTimeoutSeconds"/>, in the clock's timestamps.</summary>
    public long WriteTimeout { get; } = options.WriteTimeoutSeconds * time.TimestampFrequency;

    /// <summary>This process, as clients see it in <c>welcome</c>.</summary>
    public string Instance { get; } = $"{Environment.MachineName}-{RandomNumberGenerator.GetHexString(6, lowercase: true)}";

    /// <summary>A reconnect delay, jittered by 50 %: without it all who are cut together come back together.</summary>
    public int NextRetryMs() => Math.Max(1, (int)(Options.RetryMs * Jitter(0.5)));

    /// <summary>When a stream that opens now is old, jittered by 10 % so that what came together does not go together.</summary>
    public TimeSpan NextMaxAge() => Options.MaxAge * Jitter(0.1);

    private static double Jitter(double by) => 1 - by + (2 * by * Random.Shared.NextDouble());
}
