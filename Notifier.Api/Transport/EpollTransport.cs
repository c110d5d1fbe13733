using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Notifier.Api.Transport;

/// <summary>
/// The server's transport on Linux: what a response's pipe is given goes to the socket in the flush itself, and what a socket brings is handled on the
/// thread that waited for it (docs/adr/0024). HTTP stays the server's.
/// </summary>
internal sealed class EpollTransport : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    private readonly EpollTransportOptions _options;
    private readonly ILogger<EpollTransport> _logger;
    private readonly TimeProvider _time;
    private readonly ConnectionTerms _terms;

    public EpollTransport(EpollTransportOptions options, IMemoryPoolFactory<byte> pools, TimeProvider time, ILogger<EpollTransport> logger)
    {
        _options = options;
        _logger = logger;
        _time = time;
        var pool = pools.Create();
        var input = new PipeOptions(
            pool, PipeScheduler.Inline, PipeScheduler.Inline, options.MaxReadBufferBytes, options.MaxReadBufferBytes / 2, useSynchronizationContext: false);
        _terms = new(pool, input, new(options.MaxConnections), options.AllowsDirectOutput);
    }

    public bool CanBind(EndPoint endpoint) => endpoint is IPEndPoint;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        Socket socket;
        try
        {
            socket = _options.CreateBoundSocket(endpoint);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            throw new AddressInUseException(e.Message, e);
        }

        socket.Blocking = false;

        // Accepted connections inherit it: a frame is not to wait for the acknowledgement of the one before.
        socket.NoDelay = true;
        socket.Listen(_options.Backlog);
        return new(new EpollListener(socket, _options.Loops, _terms, _time, _logger));
    }
}
