using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Notifier.Tests.Support;

/// <summary>A name server (RFC 1035) in the place of Docker's: it answers every question with the addresses that a service has now.</summary>
internal sealed class NameServer : IAsyncDisposable
{
    /// <summary>What compose calls the service.</summary>
    public const string Name = "notifier";

    private const int HeaderBytes = 12;

    private readonly UdpClient _socket = new(new IPEndPoint(IPAddress.Loopback, 0));
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _answering;

    private NameServer(IPAddress[] addresses)
    {
        Addresses = addresses;
        _answering = AnswerAsync();
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint Address => (IPEndPoint)_socket.Client.LocalEndPoint!;

    /// <summary>What it answers from now on.</summary>
    public IReadOnlyList<IPAddress> Addresses { get; set; }

    /// <summary>One that answers with these until it is told others.</summary>
    public static NameServer Of(params IPAddress[] addresses) => new(addresses);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _answering;
        _socket.Dispose();
        _stop.Dispose();
    }

    private async Task AnswerAsync()
    {
        try
        {
            while (true)
            {
                var question = await _socket.ReceiveAsync(_stop.Token);
                await _socket.SendAsync(Answer(question.Buffer, Addresses), question.RemoteEndPoint, _stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // Disposed.
        }
    }

    private static byte[] Answer(byte[] question, IReadOnlyList<IPAddress> addresses)
    {
        var answer = new List<byte>(question);

        // A response, no error; the question stays as it is, and every record points back at its name.
        answer[2] = 0x81;
        answer[3] = 0x80;
        BinaryPrimitives.WriteUInt16BigEndian(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(answer)[6..], (ushort)addresses.Count);
        foreach (var address in addresses)
        {
            answer.AddRange([0xC0, HeaderBytes, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4]);
            answer.AddRange(address.GetAddressBytes());
        }

        return [.. answer];
    }
}
