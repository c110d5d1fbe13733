using Notifier.Core.Events;
using Notifier.Core.Topics;

namespace Notifier.Core.Presence;

/// <summary>Who is in a room, as <c>welcome</c> tells it.</summary>
/// <param name="Room">The room.</param>
/// <param name="Count">How many.</param>
/// <param name="Users">Who, by id; null in a room over <c>Presence:MaxListed</c>.</param>
public sealed record RoomListing(TopicName Room, int Count, IReadOnlyList<UserRef>? Users);
