using Microsoft.AspNetCore.Cors.Infrastructure;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Net.Http.Headers;
using Notifier.Api.Operations;
using Notifier.Api.Operations.Metrics;
using Notifier.Api.Problems;
using Notifier.Api.Queries.Caching;
using Notifier.Api.Settings;
using Notifier.Core.Inbox;
using Notifier.Core.Log;
using Notifier.Core.Log.Embedded;
using Notifier.Core.Log.Memory;
using Notifier.Core.Log.Redis;
using Notifier.Core.Metrics;
using Notifier.Core.Presence;
using Notifier.Core.Progress;
using Notifier.Core.Revocation;
using Notifier.Core.Tickets;

namespace Notifier.Api;

/// <summary>What the parts are made of.</summary>
internal static class Composition
{
    public static IServiceCollection AddSettings(this IServiceCollection services, NotifierSettings settings)
    {
        services.AddSingleton(settings);
        services.AddSingleton(settings.Log);
        services.AddSingleton(settings.Streams);
        services.AddSingleton(settings.Commands);
        services.AddSingleton(settings.Presence);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton<Uptime>();
        services.AddCors();
        services.AddHostedService<RejectedRequests>();
        services.AddHostedService<SecondSignal>();
        return services;
    }

    public static async Task AddStoreAsync(this IServiceCollection services, NotifierSettings settings, bool isRepair)
    {
        if (settings.Redis.Configuration.Length > 0)
        {
            // Where Redis is away this begins to connect, and the service starts: not ready, and healing by itself.
            var connection = await RedisConnection.OpenAsync(settings.Redis.Configuration, TimeProvider.System);
            services.AddSingleton(_ => connection);
            services.AddSingleton(settings.Redis);
            services.AddSingleton<RedisEventLog>();
            services.AddSingleton<IEventLog>(provider => provider.GetRequiredService<RedisEventLog>());
            services.AddSingleton<ILessonProgress, RedisLessonProgress>();
            services.AddSingleton<ITickets, RedisTickets>();
            services.AddSingleton<IReadMarks, RedisReadMarks>();
            services.AddSingleton(provider => Rooms.Shared(
                provider.GetRequiredService<RedisEventLog>(), provider.GetRequiredService<Subscriptions>(), provider.GetRequiredService<Typing>(), settings.Presence,
                provider.GetRequiredService<TimeProvider>()));
            services.AddSingleton<IRefusals, RedisRefusals>();
        }
        else if (settings.Log.Path.Length > 0)
        {
            services.AddSingleton<IJournalWatch, JournalLines>();
            services.AddSingleton(provider => JournalEventLog.Open(
                settings.Log, TimeProvider.System, provider.GetRequiredService<IJournalWatch>(), isRepair, provider.GetRequiredService<NotifierMetrics>()));
            services.AddSingleton<IEventLog>(provider => provider.GetRequiredService<JournalEventLog>());
            services.AddSingleton<ILessonProgress, JournalLessonProgress>();
            services.AddSingleton<IReadMarks, JournalReadMarks>();
            services.AddSingleton<ITickets, MemoryTickets>();
            services.AddRoomsAlone(settings);
            services.AddSingleton<IRefusals, JournalRefusals>();
        }
        else
        {
            services.AddSingleton<MemoryEventLog>();
            services.AddSingleton<IEventLog>(provider => provider.GetRequiredService<MemoryEventLog>());
            services.AddSingleton<ILessonProgress, MemoryLessonProgress>();
            services.AddSingleton<ITickets, MemoryTickets>();
            services.AddSingleton<IReadMarks, MemoryReadMarks>();
            services.AddRoomsAlone(settings);
            services.AddSingleton<IRefusals, MemoryRefusals>();
        }

        services.AddSingleton<Subscriptions>();
        services.AddSingleton<Typing>();
        services.AddSingleton<UserInbox>();
        services.AddSingleton<Revocations>();
    }

    private static void AddRoomsAlone(this IServiceCollection services, NotifierSettings settings) => services.AddSingleton(provider => Rooms.Alone(
        provider.GetRequiredService<Subscriptions>(), provider.GetRequiredService<Typing>(), settings.Presence, provider.GetRequiredService<TimeProvider>()));

    /// <summary>Believes what the known proxies say of the client, and nobody else.</summary>
    public static void UseProxies(this IApplicationBuilder app, NotifierSettings settings)
    {
        if (settings.KnownNetworks.Count == 0) return;

        var options = new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto, ForwardLimit = null };
        options.KnownIPNetworks.Clear();
        options.KnownProxies.Clear();
        foreach (var network in settings.KnownNetworks) options.KnownIPNetworks.Add(network);
        app.UseForwardedHeaders(options);
    }

    /// <summary>Lets pages of the configured origins in; a listed one with credentials, <c>*</c> without.</summary>
    public static void UseOrigins(this IApplicationBuilder app, NotifierSettings settings)
    {
        if (settings.CorsOrigins.Count == 0) return;

        string[] listed = [.. settings.CorsOrigins.Where(origin => origin != "*")];
        bool IsListed(HttpContext http) => listed.Contains(http.Request.Headers.Origin.ToString(), StringComparer.OrdinalIgnoreCase);
        app.UseWhen(IsListed, branch => branch.UseCors(policy => Allow(policy).WithOrigins(listed).AllowCredentials()));
        if (listed.Length < settings.CorsOrigins.Count) app.UseWhen(http => !IsListed(http), branch => branch.UseCors(policy => Allow(policy).AllowAnyOrigin()));

        static CorsPolicyBuilder Allow(CorsPolicyBuilder policy) => policy
            .WithMethods("GET", "HEAD", "POST", "DELETE")
            .WithHeaders("Last-Event-ID", HeaderNames.Authorization, "Idempotency-Key", HeaderNames.ContentType, HeaderNames.IfMatch, HeaderNames.CacheControl)
            .WithExposedHeaders(HeaderNames.RetryAfter, "Idempotent-Replayed", HeaderNames.ETag);
    }

    /// <summary>Begins what takes a moment to be ready, before the first request asks for it.</summary>
    public static void WarmUp(this WebApplication app)
    {
        app.Services.GetRequiredService<IEventLog>();
        var answers = app.Services.GetRequiredService<AnswerVersions>();
        app.Services.GetRequiredService<Rooms>().OnChanged = room =>
        {
            answers.Changed(AnswerKind.Presence, room);
            answers.Changed(AnswerKind.Rooms, null);
        };
        app.Services.GetRequiredService<Uptime>();
        app.Services.StartMetrics();
    }
}
