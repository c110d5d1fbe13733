using Notifier.Tests.Support;

namespace Notifier.Tests.Faults;

/// <summary>A Redis of its own, a proxy in front of it, and instances that reach it through the proxy.</summary>
public sealed class FaultRig : IAsyncLifetime
{
    private const int Instances = 3;

    private FaultyProxy? _proxy;
    private Fleet? _fleet;

    internal RedisServer Redis { get; } = new();

    internal FaultyProxy Proxy => _proxy!;

    internal Fleet Fleet => _fleet!;

    /// <summary>The connection string of who comes through the proxy.</summary>
    internal string Configuration => Proxy.Configuration;

    public async Task InitializeAsync()
    {
        // A server of somebody else's is not ours to kill.
        if (!string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NOTIFIER_TEST_REDIS"))) return;
        await Redis.InitializeAsync();
        if (Redis.Configuration is null) return;
        _proxy = FaultyProxy.Start(Redis.Port);
        _fleet = await Fleet.StartAsync(Configuration, Instances);
    }

    /// <summary>All well, whatever the test before has left; or the test is skipped with the reason.</summary>
    internal async Task NeedAsync()
    {
        Requirement.Met(_fleet is not null, "These tests kill their Redis: install redis-server, and unset NOTIFIER_TEST_REDIS.");
        Proxy.Heal();
        if (!Redis.IsRunning) await Redis.StartAsync();
        Redis.Signal("CONT");
        for (var i = 0; i < Instances; i++)
        {
            if (!Fleet.IsRunning(i)) await Fleet.StartAsync(i);
        }

        await Fleet.AllReadyAsync();
    }

    public async Task DisposeAsync()
    {
        if (_fleet is not null) await _fleet.DisposeAsync();
        if (_proxy is not null) await _proxy.DisposeAsync();
        await Redis.DisposeAsync();
    }
}
