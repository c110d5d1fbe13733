using System.Reflection;
using System.Security.Claims;
using Notifier.Core.Events;
using Notifier.Core.Topics;

namespace Notifier.Api.Access;

/// <summary>Who is asking, and what they may do (CONTRACT 6). The one place where claims are read.</summary>
internal sealed class Caller
{
    private readonly HashSet<string> _roles;
    private readonly string[] _roomPatterns;
    private readonly TopicPattern[] _rooms;
    private readonly TopicPattern[] _roomsToRead;
    private readonly HashSet<string>? _ticketTopics;

    private Caller(ClaimsPrincipal principal, string id)
    {
        User = new(id, NameOf(principal));
        _roles = [.. Values(principal, "roles")];
        _rooms = [.. Values(principal, "rooms").Select(v => new TopicPattern(v))];
        _roomsToRead = [.. Values(principal, "rooms_read").Select(v => new TopicPattern(v))];
        _roomPatterns = [.. Values(principal, "rooms").Concat(Values(principal, "rooms_read")).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        ExpiresAt = TokenTimes.Read(principal.FindFirstValue("exp"));
        Ticket = principal.FindFirstValue(TicketAuthentication.TicketClaim);
        if (principal.HasClaim(c => c.Type == TicketAuthentication.BoundClaim)) _ticketTopics = [.. Values(principal, TicketAuthentication.TopicClaim)];
    }

    public UserRef User { get; }

    /// <summary>When the token runs out; null: never.</summary>
    public DateTimeOffset? ExpiresAt { get; }

    /// <summary>The ticket that the caller came with, to be spent as the last thing before a stream opens.</summary>
    public string? Ticket { get; }

    public bool IsAdmin => _roles.Contains(Roles.Admin);

    public bool IsPublisher => IsAdmin || _roles.Contains(Roles.Publisher);

    public bool MayCompleteForOthers => IsPublisher || _roles.Contains(Roles.Instructor);

    /// <summary>The caller of a request that has passed authentication.</summary>
    public static Caller Of(HttpContext http)
    {
        if (http.Features.Get<Caller>() is { } known) return known;
        var caller = Of(http.User);
        http.Features.Set(caller);
        return caller;
    }

    /// <summary>The caller that a principal with a valid <see cref="IdOf"/> stands for.</summary>
    public static Caller Of(ClaimsPrincipal principal) => new(principal, IdOf(principal)!);

    /// <summary>Lets endpoints name the caller as a parameter.</summary>
    public static ValueTask<Caller?> BindAsync(HttpContext http, ParameterInfo parameter) => ValueTask.FromResult<Caller?>(Of(http));

    /// <summary>The user id that a principal carries; null where it has none that could name a topic.</summary>
    public static string? IdOf(ClaimsPrincipal? principal)
    {
        // One string: a number, or a list of names, is not who somebody is.
        return principal?.FindAll("sub").ToArray() is [{ ValueType: ClaimValueTypes.String, Value: var id }] && EntityName.IsValid(id) ? id : null;
    }

    /// <summary>The user that a route names: <c>me</c> is the caller.</summary>
    public string Resolve(string user) => user == "me" ? User.Id : user;

    /// <summary>A topic that passed validation, as the caller names it: <c>user:me</c> is the caller's own.</summary>
    public TopicName ResolveTopic(string? name)
    {
        if (!TopicName.TryParse(name, out var topic)) throw new ArgumentException($"'{name}' is no topic.", nameof(name));
        return topic.Kind == TopicKind.User && topic.Subject != Resolve(topic.Subject) ? TopicName.User(User.Id) : topic;
    }

    /// <summary>For how long from now on a stream of the caller may last by its token; null: for ever.</summary>
    public TimeSpan? TimeLeft(DateTimeOffset now)
    {
        // Within the allowed skew a token past its end still opens a stream, which then lasts as long as the skew.
        var left = ExpiresAt - now;
        return left <= TimeSpan.Zero ? left + AccessSetup.ClockSkew : left;
    }

    public bool MaySubscribeTo(TopicName topic) =>
        IsOpenedByTicket(topic) && topic.Kind switch
        {
            TopicKind.All => true,
            TopicKind.User => IsAdmin || topic.Subject == User.Id,
            TopicKind.Service => IsAdmin,
            _ => IsAdmin || Any(_rooms, topic.Subject) || Any(_roomsToRead, topic.Subject),
        };

    /// <summary>Which rooms the caller may subscribe to, as one text: the same for callers who may see the same.</summary>
    public string VisibleRooms => IsAdmin ? "*" : string.Join(' ', _roomPatterns.Select(pattern => $"{pattern.Length}:{pattern}"));

    public bool MaySendTo(TopicName topic) => IsPublisher || (topic.Kind == TopicKind.Room && Any(_rooms, topic.Subject));

    // A ticket for a user's topic is one for the user stream, which includes what goes to everybody.
    private bool IsOpenedByTicket(TopicName topic) =>
        _ticketTopics is null || _ticketTopics.Contains(topic.Value)
        || (topic.Kind == TopicKind.All && _ticketTopics.Any(name => TopicName.TryParse(name, out var opened) && opened.Kind == TopicKind.User));

    private static bool Any(TopicPattern[] patterns, string room) => Array.Exists(patterns, pattern => pattern.Matches(room));

    private static IEnumerable<string> Values(ClaimsPrincipal principal, string type) => principal.FindAll(type).Select(claim => claim.Value);

    // A name that cannot be shown is no reason to turn somebody away who is known by id.
    private static string? NameOf(ClaimsPrincipal principal) =>
        principal.FindFirstValue("name") is { Length: >= 1 and <= 128 } name && !name.Any(char.IsControl) ? name : null;
}
