using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Notifier.Benchmarks.Load;

/// <summary>
/// One connection that posts events, one after the other. At a rate it is an open loop: an event's time counts from when it was due, so that a
/// server that keeps its publishers waiting shows in the figures.
/// </summary>
internal sealed class Publisher(int number, LoadOptions options, Target target) : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _answer = new byte[8192];
    private readonly Dictionary<int, long> _sent = [];
    private readonly string _padding = new('x', options.Padding);

    /// <summary>Room -> events that were answered with a success.</summary>
    public IReadOnlyDictionary<int, long> Sent => _sent;

    public long Answered { get; private set; }

    public long Refused { get; private set; }

    public async Task RunAsync(long start, CancellationToken cancellationToken)
    {
        await _socket.ConnectAsync(target.Address, CancellationToken.None);
        for (var i = (long)number; !cancellationToken.IsCancellationRequested; i += options.Publishers)
        {
            var due = options.Rate == 0 ? Stopwatch.GetTimestamp() : start + (i * Stopwatch.Frequency / options.Rate);
            var early = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due);
            if (early > TimeSpan.Zero) await Task.Delay(early, TimeProvider.System, cancellationToken).ContinueWith(static _ => { }, TaskScheduler.Default);
            if (cancellationToken.IsCancellationRequested) return;

            // A room that several publishers share has a count from each of them.
            var room = (int)(i % options.Rooms);
            var n = _sent.GetValueOrDefault(room) + 1;
            if (await PostAsync(room, string.Create(CultureInfo.InvariantCulture, $$"""{"t":{{due}},"n":{{n}},"p":{{number}},"text":"{{_padding}}"}""")))
            {
                _sent[room] = n;
                Answered++;
            }
            else
            {
                Refused++;
            }
        }
    }

    public void Dispose() => _socket.Dispose();

    private async Task<bool> PostAsync(int room, string data)
    {
        await _socket.SendAsync(Encoding.ASCII.GetBytes(target.Publish(room, data)), SocketFlags.None);
        var length = 0;
        while (true)
        {
            var read = await _socket.ReceiveAsync(_answer.AsMemory(length), SocketFlags.None);
            if (read == 0) throw new IOException($"{target.Name} closed a publisher's connection.");
            length += read;
            if (IsWhole(_answer.AsSpan(0, length))) return _answer[9] == '2';
        }
    }

    private static bool IsWhole(ReadOnlySpan<byte> answer)
    {
        var end = answer.IndexOf("\r\n\r\n"u8);
        if (end < 0) return false;
        var head = Encoding.ASCII.GetString(answer[..end]);
        if (head.Contains("chunked", StringComparison.OrdinalIgnoreCase)) return answer.EndsWith("0\r\n\r\n"u8);
        var at = head.IndexOf("Content-Length: ", StringComparison.OrdinalIgnoreCase);
        return at < 0 || answer.Length == end + 4 + int.Parse(head.AsSpan(at + 16).ToString().Split('\r')[0], CultureInfo.InvariantCulture);
    }
}
