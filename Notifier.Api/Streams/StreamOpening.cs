using Microsoft.AspNetCore.Http.Features;
using Notifier.Api.Access;
using Notifier.Api.Problems;
using Notifier.Api.Settings;
using Notifier.Core.Events;
using Notifier.Core.Log;
using Notifier.Core.Metrics;
using Notifier.Core.Presence;
using Notifier.Core.Revocation;
using Notifier.Core.Tickets;
using Notifier.Core.Topics;

namespace Notifier.Api.Streams;

/// <summary>From a request for a stream to an open one: 400, 403, 406, the door, the store, once more whether the user is refused, the ticket, in this order.</summary>
internal sealed class StreamOpening(
    StreamContext context, NotifierSettings settings, StreamDoor door, BusyAnswer busy, OpenStreams streams, WaitingPolls polls, Subscriptions subscriptions, Rooms rooms,
    ITickets tickets, IRefusals refusals, StreamLedger ledger, IHostApplicationLifetime lifetime)
{
    public async Task<IResult> OpenAsync(
        HttpContext http, Caller caller, IReadOnlyList<(TopicName Topic, LogPosition? After)> topics, bool sendsBareIds, Dictionary<string, string[]>? errors = null)
    {
        errors ??= new(StringComparer.Ordinal);
        var query = StreamQuery.Read(http.Request, topics, sendsBareIds, context.Time.GetUtcNow(), errors);
        if (query is null) return Problem.Invalid(errors) with { Limit = http.Request.Query["topic"].Count > settings.Streams.MaxTopics ? RefusedLimit.Topics : null };

        foreach (var (topic, _) in topics)
        {
            if (!caller.MaySubscribeTo(topic)) return Problem.Forbidden(topic.Kind == TopicKind.Service ? "This stream takes the role admin." : $"You may not subscribe to {topic}.");
        }

        if (SessionCookie.IsUsedBy(http.Request) && !SessionCookie.IsFromKnownOrigin(http.Request, settings))
        {
            return Problem.Forbidden("The cookie opens streams for pages of this host and of Cors:Origins; send a token, or have the origin listed.");
        }

        var isStoreAway = false;
        try
        {
            if (await FindRefusalAsync(http, caller, query) is { } refused) return refused;
        }
        catch (LogUnavailableException)
        {
            isStoreAway = true;
        }

        var format = StreamFormats.Choose(http.Request);
        if (format == StreamFormat.None)
        {
            return new Problem(StatusCodes.Status406NotAcceptable, "Accept text/event-stream for a stream, or application/json for one answer.");
        }

        if (isStoreAway) return busy.For(http, BusyReason.Store);

        if (HttpMethods.IsHead(http.Request.Method))
        {
            if (format == StreamFormat.Events) StreamFormats.SetHeaders(http.Response);
            else PollAnswer.SetHeaders(http.Response);
            return Results.Empty;
        }

        if (door.TryEnter(caller.User.Id) is { } reason) return busy.For(http, reason);
        OpenedStream? opened = null;
        try
        {
            var result = await StreamAsync(http, caller, query, format, sendsBareIds);
            opened = result as OpenedStream;
            return result;
        }
        finally
        {
            if (opened is null) door.Leave(caller.User.Id);
        }
    }

    /// <summary>Lets in what streams but follows no topic: it counts at the door, and ends when the service does.</summary>
    public async Task<IResult> OpenAsync(HttpContext http, Caller caller, Func<CancellationToken, Task> run)
    {
        if (door.TryEnter(caller.User.Id) is { } reason) return busy.For(http, reason);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, lifetime.ApplicationStopping);
        try
        {
            StreamFormats.SetHeaders(http.Response);
            await run(ending.Token);
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // The client left, or the service goes: either way this is the end of it.
        }
        finally
        {
            door.Leave(caller.User.Id);
        }

        return Results.Empty;
    }

    private async Task<IResult> StreamAsync(HttpContext http, Caller caller, StreamQuery query, StreamFormat format, bool sendsBareIds)
    {
        Subscription subscription;
        try
        {
            subscription = await subscriptions.OpenAsync(query.Topics, http.RequestAborted);
        }
        catch (LogUnavailableException)
        {
            return busy.For(http, BusyReason.Store);
        }

        OpenedStream? opened = null;
        Attendance? attendance = null;
        try
        {
            // Before the ticket, which is spent last; a poll is in no room.
            attendance = await TryWatchAsync(format == StreamFormat.Poll ? [] : query.TopicNames, http.RequestAborted);
            if (attendance is null) return busy.For(http, BusyReason.Store);

            if (format == StreamFormat.Poll) return await PollAsync(http, caller, query, new(http, subscription, caller, query, sendsBareIds, context));

            var stream = new SseStream(http, context, subscription, attendance, caller, query, sendsBareIds);
            streams.Add(stream);
            try
            {
                if (await AdmitAsync(http, caller, query) is { } refused) return refused;
                if (query.Joins) await attendance.JoinAsync(caller.User);
                return opened = new(this, stream, subscription, attendance, caller.User.Id);
            }
            finally
            {
                if (opened is null) streams.Remove(stream);
            }
        }
        finally
        {
            if (opened is null)
            {
                attendance?.Dispose();
                subscription.Dispose();
            }
        }
    }

    private async Task<IResult> PollAsync(HttpContext http, Caller caller, StreamQuery query, PollAnswer poll)
    {
        polls.Add(poll);
        try
        {
            if (await AdmitAsync(http, caller, query) is { } refused) return refused;
            switch (await poll.RunAsync(lifetime.ApplicationStopping))
            {
                case EndReason.Expired:
                    http.Response.Headers.WWWAuthenticate = RefusedCaller.InvalidToken;
                    return new Problem(StatusCodes.Status401Unauthorized, "The token has expired; fetch a new one.");
                case EndReason.Revoked:
                    return await RevokedAsync(http, caller, query);
                default:
                    return Results.Empty;
            }
        }
        finally
        {
            polls.Remove(poll);
        }
    }

    private async Task<Attendance?> TryWatchAsync(IEnumerable<TopicName> topics, CancellationToken cancellationToken)
    {
        try
        {
            return await rooms.WatchAsync(topics, cancellationToken);
        }
        catch (LogUnavailableException)
        {
            return null;
        }
    }

    /// <summary>
    /// The last steps before the first byte: whether an admin refuses the user, and the ticket. A stream is among the open ones by now, so a
    /// revocation that comes at this moment finds either the stream or, here, the refusal.
    /// </summary>
    private async Task<IResult?> AdmitAsync(HttpContext http, Caller caller, StreamQuery query)
    {
        try
        {
            if (await FindRefusalAsync(http, caller, query) is { } refused) return refused;
            if (caller.Ticket is { } ticket && !await tickets.SpendAsync(ticket, http.RequestAborted))
            {
                return new Problem(StatusCodes.Status401Unauthorized, "The ticket was used up by another stream just now; fetch a new one.");
            }

            return null;
        }
        catch (LogUnavailableException)
        {
            return busy.For(http, BusyReason.Store);
        }
    }

    private async Task<IResult> RevokedAsync(HttpContext http, Caller caller, StreamQuery query)
    {
        try
        {
            if (await FindRefusalAsync(http, caller, query) is { } refused) return refused;
        }
        catch (LogUnavailableException)
        {
            // How long new ones are refused is said to who asks again.
        }

        return Problem.Forbidden("An admin ended your streams, this poll among them; you may ask again.");
    }

    private async ValueTask<Problem?> FindRefusalAsync(HttpContext http, Caller caller, StreamQuery query)
    {
        if (await refusals.FindAsync(caller.User.Id, query.TopicNames, http.RequestAborted) is not { } refused) return null;
        var seconds = (int)Math.Ceiling(refused.TotalSeconds);
        return Problem.Forbidden($"An admin ended your streams, and refuses new ones for {seconds} s more.") with { RetryAfterSeconds = seconds };
    }

    private Task RunAsync(SseStream stream)
    {
        ledger.Opened(stream);
        return stream.RunAsync();
    }

    private void Close(SseStream stream, Subscription subscription, Attendance attendance, string user)
    {
        try
        {
            ledger.Closed(stream);
        }
        finally
        {
            streams.Remove(stream);
            attendance.Dispose();
            subscription.Dispose();
            door.Leave(user);
        }
    }

    /// <summary>
    /// A stream from its welcome on. As the result of the request it runs after everything that opened it has returned, so that a waiting stream holds
    /// nothing of that in memory.
    /// </summary>
    private sealed class OpenedStream(StreamOpening opening, SseStream stream, Subscription subscription, Attendance attendance, string user) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            try
            {
                StreamFormats.SetHeaders(httpContext.Response);

                // What the caller came with, which is read by now, would stay in memory for as long as the stream.
                httpContext.Features.Set<IQueryFeature>(null);
                httpContext.Request.RouteValues = null!;

                // The server keeps the values of cleared headers for the next request, which may be long in coming.
                httpContext.Request.Headers.Authorization = default;
                httpContext.Request.Headers.Cookie = default;
                httpContext.Request.Headers.Clear();
                await opening.RunAsync(stream);
            }
            finally
            {
                opening.Close(stream, subscription, attendance, user);
            }
        }
    }
}
