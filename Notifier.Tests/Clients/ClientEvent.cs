namespace Notifier.Tests.Clients;

/// <summary>An event as a client of somebody else's hands it to its user.</summary>
internal readonly record struct ClientEvent(string Type, string Id, string Data);
