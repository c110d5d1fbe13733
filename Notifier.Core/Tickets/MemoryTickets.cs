using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Notifier.Core.Tickets;

/// <summary>Tickets in the memory of one process. Bounded by <see cref="Capacity"/>: past it the oldest is dropped unused.</summary>
public sealed class MemoryTickets(TimeProvider time) : ITickets
{
    /// <summary>Tickets held at once.</summary>
    public const int Capacity = 200_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, (Ticket Ticket, long IssuedAt)> _tickets = [];
    private readonly Queue<(string Digest, long IssuedAt)> _byAge = [];

    public ValueTask<string> IssueAsync(Ticket ticket, CancellationToken cancellationToken)
    {
        var text = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(24));
        lock (_gate)
        {
            while (_byAge.TryPeek(out var oldest) && (_byAge.Count >= Capacity || IsOver(oldest.IssuedAt)))
            {
                _tickets.Remove(_byAge.Dequeue().Digest);
            }

            var issued = (Digest(text), time.GetTimestamp());
            _tickets.Add(issued.Item1, (ticket, issued.Item2));
            _byAge.Enqueue(issued);
        }

        return ValueTask.FromResult(text);
    }

    public ValueTask<Ticket?> FindAsync(string text, CancellationToken cancellationToken)
    {
        lock (_gate) return ValueTask.FromResult(_tickets.TryGetValue(Digest(text), out var held) && !IsOver(held.IssuedAt) ? held.Ticket : null);
    }

    public ValueTask<bool> SpendAsync(string text, CancellationToken cancellationToken)
    {
        lock (_gate) return ValueTask.FromResult(_tickets.Remove(Digest(text), out var held) && !IsOver(held.IssuedAt));
    }

    private bool IsOver(long issuedAt) => time.GetElapsedTime(issuedAt) >= Ticket.Life;

    private static string Digest(string text) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
