namespace Notifier.Tests.Support;

/// <summary>
/// What a test needs from its machine. Where that is missing the test is reported as skipped, with the reason; with
/// <c>NOTIFIER_REQUIRE_ALL=1</c>, as in CI, it fails, so that nothing goes untested unnoticed.
/// </summary>
internal static class Requirement
{
    private static bool RequiresAll => Environment.GetEnvironmentVariable("NOTIFIER_REQUIRE_ALL") == "1";

    public static void Met(bool isMet, string reason)
    {
        if (RequiresAll) isMet.ShouldBeTrue(reason);
        Skip.IfNot(isMet, reason);
    }
}
