namespace Notifier.Tests.Browser;

/// <summary>
/// Two collections of about the same length, that of a class by its name here: a browser takes a processor, so that no more than two of these tests run at a
/// time, however many run beside them that wait.
/// </summary>
internal static class BrowserLane
{
    public const string One = "Browser, one";
    public const string Two = "Browser, two";
}
