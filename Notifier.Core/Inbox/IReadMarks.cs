using Notifier.Core.Events;
using Notifier.Core.Log;

namespace Notifier.Core.Inbox;

/// <summary>Up to where each user has read: one mark for all of their devices. Marks only grow, and are kept for ever.</summary>
public interface IReadMarks
{
    /// <summary>The user's mark; <see cref="LogPosition.Zero"/> where nothing was read yet.</summary>
    /// <exception cref="LogUnavailableException">The store cannot be reached.</exception>
    ValueTask<LogPosition> ReadAsync(string user, CancellationToken cancellationToken);

    /// <summary>
    /// Moves the user's mark up to <paramref name="upTo"/>. True where that has to be told: it moved, or it stands there already and whoever moved it has not
    /// come as far as <see cref="ToldAsync"/>.
    /// </summary>
    /// <exception cref="LogUnavailableException">The store cannot be reached; it is safe to repeat.</exception>
    ValueTask<bool> RaiseAsync(string user, LogPosition upTo, CancellationToken cancellationToken);

    /// <summary>The user's devices know that the mark moved to <paramref name="upTo"/>: nobody has to tell them again.</summary>
    /// <exception cref="LogUnavailableException">The store cannot be reached; it is safe to repeat.</exception>
    ValueTask ToldAsync(string user, LogPosition upTo, CancellationToken cancellationToken);
}
