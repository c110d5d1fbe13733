using Notifier.Core.Events;

namespace Notifier.Tests.Faults;

/// <summary>An event that the service said it has stored.</summary>
/// <param name="Topic">Where.</param>
/// <param name="Position">Under which id.</param>
/// <param name="Text">What it says; no other event of the topic says it.</param>
internal sealed record Acknowledged(string Topic, LogPosition Position, string Text);
