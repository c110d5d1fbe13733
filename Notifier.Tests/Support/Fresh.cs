namespace Notifier.Tests.Support;

/// <summary>Names that no other test uses, so that tests can share a host.</summary>
internal static class Fresh
{
    public static string Room() => $"room-{Guid.NewGuid():N}";

    public static string User() => $"user-{Guid.NewGuid():N}";
}
