using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace Notifier.Tests.Support;

/// <summary>Remembers every token and ticket that comes to a service in this process, whoever sends it: pages and clients of others too.</summary>
internal sealed class SeenCredentials(RunRecord record) : IStartupFilter
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        app.Use((http, rest) =>
        {
            Keep(http.Request);
            return rest(http);
        });
        next(app);
    };

    private void Keep(HttpRequest request)
    {
        var authorization = request.Headers.Authorization.ToString();
        if (authorization.StartsWith("Bearer ", StringComparison.Ordinal)) record.KeepCredential(authorization["Bearer ".Length..]);
        if (request.QueryString.HasValue)
        {
            foreach (var name in new[] { "access_token", "ticket" }) record.KeepCredential(request.Query[name].ToString());
        }

        if (request.Headers.Cookie.Count > 0) record.KeepCredential(request.Cookies["notifier_token"] ?? "");
    }
}
