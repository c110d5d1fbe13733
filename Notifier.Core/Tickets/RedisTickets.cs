using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Notifier.Core.Log.Redis;

namespace Notifier.Core.Tickets;

/// <summary>Tickets in Redis: given out by one instance, spent at any.</summary>
public sealed class RedisTickets(RedisEventLog log) : ITickets
{
    public async ValueTask<string> IssueAsync(Ticket ticket, CancellationToken cancellationToken)
    {
        var text = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(24));
        var value = JsonSerializer.SerializeToUtf8Bytes(ticket);
        await log.Connection.CallAsync(database => database.StringSetAsync(log.Keys.Ticket(Digest(text)), value, Ticket.Life), cancellationToken);
        return text;
    }

    public async ValueTask<Ticket?> FindAsync(string text, CancellationToken cancellationToken)
    {
        var value = await log.Connection.CallAsync(database => database.StringGetAsync(log.Keys.Ticket(Digest(text))), cancellationToken);
        return value.IsNull ? null : JsonSerializer.Deserialize<Ticket>((byte[])value!);
    }

    public async ValueTask<bool> SpendAsync(string text, CancellationToken cancellationToken) =>
        !(await log.Connection.CallAsync(database => database.ExecuteAsync("GETDEL", log.Keys.Ticket(Digest(text))), cancellationToken)).IsNull;

    private static string Digest(string text) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
