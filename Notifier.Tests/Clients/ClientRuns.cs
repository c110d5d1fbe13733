using Notifier.Tests.Support;

namespace Notifier.Tests.Clients;

/// <summary>All clients' runs, which go on at the same time: one of them waits a second after every cut.</summary>
public sealed class ClientRuns : IAsyncLifetime
{
    private readonly NotifierHost _host = NotifierHost.With(("Streams:RetryMs", "20"), ("Log:MaxEventsPerTopic", "10000"), ("Log:TailEvents", "64"));
    private readonly Dictionary<(string Client, bool OfPositions), Task<ResumeRun>> _runs = [];
    private NpmClients _npm = null!;

    public static IReadOnlyList<string> FromNpm { get; } = ["eventsource", "eventsource-client", "fetch-event-source", "event-source-polyfill"];

    public async Task InitializeAsync()
    {
        _npm = await NpmClients.InstalledAsync();
        string[] clients = [.. _npm.Problem is null ? FromNpm : [], IndependentClient.Parser, .. Programs.AreInstalled("bash", "curl") ? [IndependentClient.Curl] : Array.Empty<string>()];
        foreach (var client in clients)
        {
            foreach (var ofPositions in new[] { false, true }) _runs[(client, ofPositions)] = RunAsync(client, ofPositions);
        }
    }

    /// <summary>The run of a client, or the test is skipped with the reason.</summary>
    internal async Task<ResumeRun> NeedAsync(string client, bool ofPositions)
    {
        if (FromNpm.Contains(client)) Requirement.Met(_npm.Problem is null, _npm.Problem ?? "");
        Requirement.Met(_runs.ContainsKey((client, ofPositions)), $"{client} is not installed.");
        return await _runs[(client, ofPositions)];
    }

    public async Task DisposeAsync()
    {
        await Task.WhenAny(Task.WhenAll(_runs.Values));
        await _host.DisposeAsync();
    }

    private Task<ResumeRun> RunAsync(string client, bool ofPositions)
    {
        var room = Fresh.Room();
        var path = ofPositions ? $"/api/events?topic=room:{room}&topic=user:me&as={Fresh.User()}" : $"/api/rooms/{room}/events?as={Fresh.User()}";
        return new ResumeRun().RunAsync(_host, room, path, (stream, cancellationToken) => IndependentClient.FollowAsync(client, _npm, stream, cancellationToken));
    }
}
