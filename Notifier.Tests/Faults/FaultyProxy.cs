using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Notifier.Tests.Faults;

/// <summary>A TCP proxy in front of Redis, or of an instance, that fails as networks do: slow, cut in the middle of a reply, or silent in one direction.</summary>
internal sealed class FaultyProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentDictionary<Link, byte> _links = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _accepting;
    private volatile Func<Link, bool, bool>? _withholds;
    private volatile TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _repliesToCut;

    private FaultyProxy(int targetPort)
    {
        TargetPort = targetPort;
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _accepting = Task.Run(AcceptAsync);
    }

    /// <summary>Starts one on a free port.</summary>
    public static FaultyProxy Start(int targetPort) => new(targetPort);

    public int Port { get; }

    /// <summary>What a client of Redis connects by, where that is the target.</summary>
    public string Configuration => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port},connectTimeout=1000");

    /// <summary>Where new connections go.</summary>
    public int TargetPort { get; set; }

    /// <summary>The connections that stand.</summary>
    public ICollection<Link> Links => _links.Keys;

    /// <summary>How long each piece is held up, both ways.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>
    /// Lets nothing through where <paramref name="isSilent"/> says so of a connection and of a direction (true: replies); what was sent meanwhile
    /// arrives after <see cref="Heal"/>, as after a route that flaps.
    /// </summary>
    public void Silence(Func<Link, bool, bool> isSilent) => _withholds = isSilent;

    /// <summary>Cuts connections after the first half of the next replies, as many.</summary>
    public void CutReplies(int count) => Volatile.Write(ref _repliesToCut, count);

    /// <summary>Replies that are still to be cut.</summary>
    public int RepliesToCut => Volatile.Read(ref _repliesToCut);

    /// <summary>Cuts every connection there is.</summary>
    public void CutAll()
    {
        foreach (var link in _links.Keys) link.Cut();
    }

    /// <summary>Behaves from now on.</summary>
    public void Heal()
    {
        Delay = TimeSpan.Zero;
        Volatile.Write(ref _repliesToCut, 0);
        _withholds = null;
        Interlocked.Exchange(ref _changed, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        CutAll();
        await _accepting;
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                _ = ServeAsync(client);
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var link = new Link(client);
        try
        {
            await link.Server.ConnectAsync(IPAddress.Loopback, TargetPort, _stop.Token);
            _links.TryAdd(link, 0);
            await Task.WhenAny(PumpAsync(link, areReplies: false), PumpAsync(link, areReplies: true));
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // Cut.
        }
        finally
        {
            _links.TryRemove(link, out _);
        }
    }

    private async Task PumpAsync(Link link, bool areReplies)
    {
        try
        {
            var (from, to) = areReplies ? (link.Server.GetStream(), link.Client.GetStream()) : (link.Client.GetStream(), link.Server.GetStream());
            var buffer = new byte[16 * 1024];
            int length;
            while ((length = await from.ReadAsync(buffer, _stop.Token)) > 0)
            {
                if (!areReplies) link.Look(buffer.AsSpan(0, length));
                if (Delay > TimeSpan.Zero) await Task.Delay(Delay, TimeProvider.System, _stop.Token);
                while (true)
                {
                    var changed = _changed.Task;
                    if (_withholds?.Invoke(link, areReplies) is not true) break;
                    await changed.WaitAsync(_stop.Token);
                }

                if (areReplies && Volatile.Read(ref _repliesToCut) > 0 && Interlocked.Decrement(ref _repliesToCut) >= 0)
                {
                    await to.WriteAsync(buffer.AsMemory(0, length / 2), _stop.Token);
                    return;
                }

                await to.WriteAsync(buffer.AsMemory(0, length), _stop.Token);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException or InvalidOperationException)
        {
            // Cut.
        }
    }

    /// <summary>One connection through the proxy.</summary>
    internal sealed class Link(TcpClient client) : IDisposable
    {
        public TcpClient Client { get; } = client;

        public TcpClient Server { get; } = new() { NoDelay = true };

        /// <summary>It carries subscriptions, and so the bells.</summary>
        public bool IsForChannels { get; private set; }

        public void Look(ReadOnlySpan<byte> request) => IsForChannels |= request.IndexOf("SUBSCRIBE"u8) >= 0;

        /// <summary>Ends it with a reset, as a firewall does.</summary>
        public void Cut()
        {
            try
            {
                // Null where it is closed already.
                Client.Client?.Close(timeout: 0);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // Gone already.
            }

            Dispose();
        }

        public void Dispose()
        {
            Client.Dispose();
            Server.Dispose();
        }
    }
}
