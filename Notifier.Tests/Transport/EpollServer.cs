using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Notifier.Api.Transport;

namespace Notifier.Tests.Transport;

/// <summary>A server on the transport under test, which gives each connection to a delegate.</summary>
internal sealed class EpollServer : IAsyncDisposable
{
    /// <summary>Small, so that a test fills it soon.</summary>
    public const int MaxReadBufferBytes = 16 * 1024;

    public const int MaxConnections = 32;

    private readonly WebApplication _app;

    private EpollServer(WebApplication app, int port) => (_app, Port) = (app, port);

    public int Port { get; }

    /// <summary>Serves connections as they are.</summary>
    public static Task<EpollServer> StartAsync(Func<ConnectionContext, Task> serve, int port = 0) => StartAsync(listen => listen.Run(serve), port);

    public static async Task<EpollServer> StartAsync(Action<ListenOptions> configure, int port = 0, Action<WebApplication>? map = null, bool allowsDirectOutput = true)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port, configure));
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(new EpollTransportOptions
        {
            CreateBoundSocket = static endpoint =>
            {
                // Left to itself the kernel takes megabytes for a client that reads nothing.
                var socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
                socket.SendBufferSize = 64 * 1024;
                return socket;
            },
            Backlog = 128,
            MaxReadBufferBytes = MaxReadBufferBytes,
            AllowsDirectOutput = allowsDirectOutput,
            MaxConnections = MaxConnections,
            Loops = 2,
        });
        builder.Services.AddSingleton<IConnectionListenerFactory, EpollTransport>();
        var app = builder.Build();
        map?.Invoke(app);
        await app.StartAsync();
        return new(app, new Uri(app.Urls.First()).Port);
    }

    /// <summary>A client's socket, with a receive buffer that is full soon.</summary>
    public async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveBufferSize = 8 * 1024 };
        await socket.ConnectAsync(IPAddress.Loopback, Port);
        return socket;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
