using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Notifier.Tests.Hostile;

/// <summary>
/// Reads a stream as fast as it comes and comes back with its last id when it is cut. It is as small as it can be, since a thousand of them share a
/// machine with the service that they measure.
/// </summary>
internal sealed class HonestClient(Uri address, string path, int total)
{
    private static readonly byte[] Id = "\nid: "u8.ToArray();
    private static readonly byte[] Retry = "retry: "u8.ToArray();
    private static readonly byte[] Instance = "\"instance\":\""u8.ToArray();
    private static readonly byte[] Text = "\"text\":\""u8.ToArray();

    private readonly byte[] _buffer = new byte[8192];
    private string? _lastId;
    private int _retryMs;

    /// <summary>Milliseconds from the moment an event was due to the moment it was here, one for each.</summary>
    public double[] Times { get; } = new double[total];

    /// <summary>Events so far; each was the next one.</summary>
    public int Seen { get; private set; }

    /// <summary>Times that it had to come back.</summary>
    public int Returns { get; private set; }

    /// <summary>Each stream that it was let into: when, and on which instance.</summary>
    public List<(long At, string Instance)> Welcomes { get; } = [];

    public TaskCompletionSource IsWelcome { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Follows until it has every event; fails at one that is not the next.</summary>
    public async Task FollowAsync(CancellationToken cancellationToken)
    {
        while (Seen < total)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, address.Port), cancellationToken);

            // By 1.0 there are no chunks, whose borders may be in the middle of a block: this reader would take them for text.
            await socket.SendAsync(Encoding.ASCII.GetBytes($"GET {path} HTTP/1.0\r\nHost: test\r\nAccept: text/event-stream\r\n{(_lastId is null ? "" : $"Last-Event-ID: {_lastId}\r\n")}\r\n"), cancellationToken);
            await ReadAsync(socket, cancellationToken);
            if (Seen == total) return;
            Returns++;
            await Task.Delay(TimeSpan.FromMilliseconds(_retryMs), TimeProvider.System, cancellationToken);
        }
    }

    private async Task ReadAsync(Socket socket, CancellationToken cancellationToken)
    {
        var held = 0;
        while (Seen < total)
        {
            var read = await socket.ReceiveAsync(_buffer.AsMemory(held), cancellationToken);
            if (read == 0) return;
            held = Take(_buffer.AsSpan(0, held + read));
        }
    }

    /// <summary>Takes all whole blocks, and moves the rest to the front; returns the rest's length.</summary>
    private int Take(Span<byte> bytes)
    {
        var now = Stopwatch.GetTimestamp();
        var start = 0;
        while (bytes[start..].IndexOf("\n\n"u8) is >= 0 and var length)
        {
            var block = bytes.Slice(start, length);
            if (block.IndexOf(Retry) is >= 0 and var retry) _retryMs = int.Parse(Until(block[(retry + Retry.Length)..], (byte)'\n'), CultureInfo.InvariantCulture);
            if (block.IndexOf(Id) is >= 0 and var id) _lastId = Encoding.ASCII.GetString(Until(block[(id + Id.Length)..], (byte)'\n'));
            if (block.IndexOf(Text) is >= 0 and var text) TakeEvent(Encoding.ASCII.GetString(Until(block[(text + Text.Length)..], (byte)'"')), now);
            else if (block.IndexOf("event: welcome"u8) >= 0) TakeWelcome(block, now);

            // Its line break is the first byte of what follows, so that an id on the next block's first line is found as any other.
            start += length + 1;
        }

        bytes[start..].CopyTo(bytes);
        return bytes.Length - start;
    }

    private void TakeEvent(string text, long now)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var number = int.Parse(text.AsSpan(0, colon), CultureInfo.InvariantCulture);
        if (number != Seen) throw new InvalidOperationException($"Event {number} came where {Seen} was the next.");
        Times[Seen++] = Stopwatch.GetElapsedTime(long.Parse(text.AsSpan(colon + 1), CultureInfo.InvariantCulture), now).TotalMilliseconds;
    }

    private void TakeWelcome(Span<byte> block, long now)
    {
        Welcomes.Add((now, Encoding.ASCII.GetString(Until(block[(block.IndexOf(Instance) + Instance.Length)..], (byte)'"'))));
        IsWelcome.TrySetResult();
    }

    private static Span<byte> Until(Span<byte> bytes, byte end) => bytes.IndexOf(end) is >= 0 and var length ? bytes[..length] : bytes;
}
