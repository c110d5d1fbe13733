using System.Net;
using System.Net.Sockets;

namespace Notifier.Api.Transport;

/// <summary>What <see cref="EpollTransport"/> is given.</summary>
internal sealed record EpollTransportOptions
{
    /// <summary>Makes a socket that is bound and does not listen yet.</summary>
    public required Func<EndPoint, Socket> CreateBoundSocket { get; init; }

    /// <summary>Connections that the kernel keeps until they are accepted.</summary>
    public required int Backlog { get; init; }

    /// <summary>Bytes of a connection that nobody has read, past which no more are taken from its socket.</summary>
    public required int MaxReadBufferBytes { get; init; }

    /// <summary>Whether <see cref="ChunkedBody"/> may write to the connection itself.</summary>
    public required bool AllowsDirectOutput { get; init; }

    /// <summary>Connections that are open at once, over all addresses; a further one is closed as soon as it is accepted.</summary>
    public required long MaxConnections { get; init; }

    /// <summary>Threads that share the connections of one address. Default: as many as there are processors, and no more than 16.</summary>
    public int Loops { get; init; } = Math.Min(Environment.ProcessorCount, 16);
}
