using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Security.Cryptography;
using Notifier.Core.Log;
using Notifier.Core.Log.Redis;
using StackExchange.Redis;

namespace Notifier.Core.Presence;

/// <summary>
/// This instance's lease, and which others have one. Who does not renew within <see cref="Length"/>, by the server's clock, is dead to all others, and
/// whatever it held is held no more. One that was only paused takes another name: what is written under a dead name never counts again.
/// </summary>
internal sealed class RedisLease : IAsyncDisposable
{
    /// <summary>Length of a lease. With <see cref="RenewInterval"/> a death is known within 24 s, and told half a second later.</summary>
    public static readonly TimeSpan Length = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan RenewInterval = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Outage = TimeSpan.FromSeconds(10);

    private readonly RedisEventLog _log;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _gate = new(1);
    private readonly ConcurrentDictionary<string, byte> _known = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, byte> _own = new(StringComparer.Ordinal);
    private volatile FrozenSet<string> _living = [];
    private volatile string _name;
    private volatile bool _isHeld;
    private long _renewedAt = -1;
    private Rooms? _rooms;
    private ITimer? _timer;

    public RedisLease(RedisEventLog log, TimeProvider time)
    {
        _log = log;
        _time = time;
        _name = NewName();
    }

    /// <summary>What this instance is called now.</summary>
    public string Name => _name;

    /// <summary>The other instances that live, as of the last renewal.</summary>
    public IEnumerable<string> Others => _living.Where(instance => !IsOwn(instance));

    public void Start(Rooms rooms)
    {
        _rooms = rooms;
        _timer = _time.CreateTimer(static lease => _ = ((RedisLease)lease!).TryRenewAsync(), this, TimeSpan.Zero, RenewInterval);
    }

    public bool IsOwn(string instance) => _own.ContainsKey(instance);

    public bool IsLiving(string instance) => _living.Contains(instance);

    /// <summary>Remembers an instance that was heard of, so that its end is noticed.</summary>
    public void Heard(string instance) => _known.TryAdd(instance, 0);

    /// <summary>Makes sure that others know this instance before they find what it wrote.</summary>
    public Task HoldAsync() => _isHeld ? Task.CompletedTask : RenewAsync();

    /// <summary>Renews, and learns who lives at some moment after this call.</summary>
    /// <exception cref="LogUnavailableException">The store cannot be reached.</exception>
    public async Task RenewAsync()
    {
        var asked = _time.GetTimestamp();
        await _gate.WaitAsync();
        try
        {
            if (_renewedAt > asked) return;
            var began = _time.GetTimestamp();
            if (!await TryHoldAsync())
            {
                _name = NewName();
                _isHeld = false;
                await TryHoldAsync();
                _rooms!.WriteAgain();
            }

            _renewedAt = began;
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Leaves what is held to run out after <paramref name="rest"/>.</summary>
    public async ValueTask ReleaseAsync(TimeSpan rest)
    {
        if (_timer is not null) await _timer.DisposeAsync();
        await _gate.WaitAsync();
        try
        {
            if (_isHeld) await _log.Connection.RunAsync(RedisScript.Release, [_log.Keys.Leases()], [_name, (long)rest.TotalMilliseconds], CancellationToken.None);
        }
        catch (LogUnavailableException)
        {
            // Then it runs out by itself.
        }
        finally
        {
            _gate.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_timer is not null) await _timer.DisposeAsync();
        _gate.Dispose();
    }

    private string NewName()
    {
        var name = RandomNumberGenerator.GetHexString(12, lowercase: true);
        _own.TryAdd(name, 0);
        return name;
    }

    private async Task<bool> TryHoldAsync()
    {
        // Who was heard of before the question and is not in the answer is dead; who is heard of during it may be newer than the answer.
        var heard = _known.Keys.ToArray();
        var answer = (RedisResult[])(await _log.Connection.RunAsync(
            RedisScript.Lease,
            [_log.Keys.Leases()],
            [_name, (long)Length.TotalMilliseconds, _isHeld ? "1" : "0", (long)Outage.TotalMilliseconds],
            CancellationToken.None))!;
        if ((int)answer[0] == 0) return false;

        _isHeld = true;
        _living = ((string[])answer[1]!).ToFrozenSet(StringComparer.Ordinal);
        foreach (var instance in _living) Heard(instance);
        var gone = heard.Where(instance => !_living.Contains(instance) && !IsOwn(instance)).ToFrozenSet(StringComparer.Ordinal);
        foreach (var instance in gone) _known.TryRemove(instance, out _);
        if (gone.Count > 0) _rooms!.Drop(gone);
        return true;
    }

    private async Task TryRenewAsync()
    {
        try
        {
            await RenewAsync();
        }
        catch (LogUnavailableException)
        {
            // The next turn tries again; where that takes too long, the others drop what this instance held until it is back.
        }
    }
}
