using Notifier.Core.Log;

namespace Notifier.Core.Tickets;

/// <summary>Tickets: a single use each, for <see cref="Ticket.Life"/>. The ticket's text is kept as a digest alone.</summary>
public interface ITickets
{
    /// <summary>Gives out a ticket and returns its text.</summary>
    /// <exception cref="LogUnavailableException">The store cannot be reached.</exception>
    ValueTask<string> IssueAsync(Ticket ticket, CancellationToken cancellationToken);

    /// <summary>What the ticket stands for, without spending it; null where it is unknown, spent or out of time.</summary>
    /// <exception cref="LogUnavailableException">The store cannot be reached.</exception>
    ValueTask<Ticket?> FindAsync(string text, CancellationToken cancellationToken);

    /// <summary>Spends the ticket; false where somebody else was faster.</summary>
    /// <exception cref="LogUnavailableException">The store cannot be reached; the ticket may be spent.</exception>
    ValueTask<bool> SpendAsync(string text, CancellationToken cancellationToken);
}
