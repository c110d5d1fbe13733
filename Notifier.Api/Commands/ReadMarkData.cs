namespace Notifier.Api.Commands;

/// <summary>Data of <c>notifications:read</c>: up to where the user has read, and how many are unread after it.</summary>
internal sealed record ReadMarkData(string UpTo, int Unread);
