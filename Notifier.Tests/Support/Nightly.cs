namespace Notifier.Tests.Support;

/// <summary>Whether tests take the time of a night (<c>NOTIFIER_NIGHTLY=1</c>) or that of somebody who waits for them.</summary>
internal static class Nightly
{
    public static bool IsOn { get; } = Environment.GetEnvironmentVariable("NOTIFIER_NIGHTLY") == "1";

    public static T Or<T>(T atNight, T byDay) => IsOn ? atNight : byDay;
}
