namespace Notifier.Api.Diagnostics;

/// <summary>When an event of the self-check left the service, counted from the stream's first.</summary>
internal sealed record SelfCheckMoment(int N, int ElapsedMs);
