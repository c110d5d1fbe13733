using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using Notifier.Core.Log;
using Notifier.Core.Tickets;

namespace Notifier.Api.Access;

/// <summary>
/// A caller with <c>?ticket=</c>. Reading it does not spend it: that is the last step before the stream opens, so that a request which is refused
/// for another reason costs no ticket.
/// </summary>
internal sealed class TicketAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, ITickets tickets)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string SchemeName = "Ticket";

    /// <summary>Claims of the principal that no token can bring: they are added here, and dropped from what a ticket keeps.</summary>
    public const string TicketClaim = "notifier:ticket";
    public const string BoundClaim = "notifier:ticket-is-bound";
    public const string TopicClaim = "notifier:ticket-topic";

    /// <summary>The ticket for a caller, bound to some topics or to none in particular.</summary>
    public static Ticket For(ClaimsPrincipal principal, IReadOnlyList<string>? topics, DateTimeOffset? expiresAt) =>
        new([.. principal.Claims.Where(c => !IsOwn(c.Type)).Select(c => KeyValuePair.Create(c.Type, c.Value))], topics, expiresAt);

    /// <summary>True for the claims that only a ticket brings.</summary>
    public static bool IsOwn(string claimType) => claimType.StartsWith("notifier:", StringComparison.Ordinal);

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        var text = Request.Query["ticket"].ToString();
        Ticket? ticket;
        try
        {
            ticket = await tickets.FindAsync(text, Context.RequestAborted);
        }
        catch (LogUnavailableException e)
        {
            // Who refuses the caller knows how a stream is turned away, which an error status would end for good.
            return AuthenticateResult.Fail(e);
        }

        if (ticket is null) return AuthenticateResult.Fail("The ticket is unknown, used up or out of time.");
        if (ticket.ExpiresAt <= TimeProvider.GetUtcNow()) return AuthenticateResult.Fail("The token behind the ticket has expired.");

        var identity = new ClaimsIdentity(ticket.Claims.Select(c => new Claim(c.Key, c.Value)), Scheme.Name);
        identity.AddClaim(new(TicketClaim, text));
        if (ticket.Topics is not null)
        {
            identity.AddClaim(new(BoundClaim, "true"));
            identity.AddClaims(ticket.Topics.Select(topic => new Claim(TopicClaim, topic)));
        }

        return AuthenticateResult.Success(new(new(identity), Scheme.Name));
    }
}
