using Microsoft.AspNetCore.OutputCaching;
using Notifier.Api.Access;

namespace Notifier.Api.Queries.Caching;

/// <summary>
/// Caches a query's answer, so that a crowd that loads a page costs one read. Whether the caller may see it is asked on every request, before the cache
/// is; where the answer is no, or the request is not valid, the endpoint runs and says so.
/// </summary>
/// <param name="queryKeys">The parameters that the answer depends on.</param>
/// <param name="scope">Who may share the answer; null: this caller may not see it, or there is no such thing.</param>
internal sealed class CachedAnswer(string[] queryKeys, Func<HttpContext, Caller, AnswerScope?> scope) : IOutputCachePolicy
{
    public ValueTask CacheRequestAsync(OutputCacheContext context, CancellationToken cancellationToken)
    {
        var http = context.HttpContext;
        var hasNul = http.Request.QueryString.Value?.Contains("%00", StringComparison.Ordinal) is true;
        if (hasNul || scope(http, Caller.Of(http)) is not { } shared)
        {
            context.EnableOutputCaching = false;
            return ValueTask.CompletedTask;
        }

        var versions = http.RequestServices.GetRequiredService<AnswerVersions>();
        // Whoever asks first asks for all who wait with it: that one's leaving must not spoil the answer of the others. The store's own limit ends it.
        http.RequestAborted = CancellationToken.None;
        context.EnableOutputCaching = context.AllowCacheLookup = context.AllowCacheStorage = context.AllowLocking = true;
        context.ResponseExpirationTimeSpan = http.RequestServices.GetRequiredService<AnswerLife>().Length;
        context.CacheVaryByRules.QueryKeys = queryKeys;
        context.CacheVaryByRules.VaryByHost = false;
        context.CacheVaryByRules.VaryByValues["readers"] = shared.Readers;
        context.CacheVaryByRules.VaryByValues["topic"] = shared.Topic?.Value ?? "";
        context.CacheVaryByRules.VaryByValues["version"] = $"{versions[shared.Kind, shared.Topic]}";
        context.Tags.Add($"{shared.Kind} {shared.Topic}");
        return ValueTask.CompletedTask;
    }

    public ValueTask ServeFromCacheAsync(OutputCacheContext context, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public ValueTask ServeResponseAsync(OutputCacheContext context, CancellationToken cancellationToken)
    {
        if (context.HttpContext.Response.StatusCode != StatusCodes.Status200OK) context.AllowCacheStorage = false;
        return ValueTask.CompletedTask;
    }
}
