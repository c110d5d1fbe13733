using System.IdentityModel.Tokens.Jwt;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Notifier.Api.Settings;

namespace Notifier.Api.Access;

/// <summary>Tokens, tickets and guests as one authentication scheme.</summary>
internal static class AccessSetup
{
    private const string Scheme = "Caller";

    /// <summary>Allowed difference between the issuer's clock and ours.</summary>
    public static TimeSpan ClockSkew { get; } = TimeSpan.FromSeconds(2);

    public static IServiceCollection AddAccess(this IServiceCollection services, NotifierSettings settings)
    {
        var keys = new TokenKeys(settings.Auth);
        services.AddSingleton(keys);
        services.AddSingleton(new RememberedTokens(TimeProvider.System));
        services.AddSingleton<IAuthorizationMiddlewareResultHandler, RefusedCaller>();
        services.AddAuthorization();

        // Who was recognised has passed what the middleware would ask for.
        services.Configure<RouteOptions>(routes => routes.SuppressCheckForUnhandledSecurityMetadata = true);

        // Not AddAuthentication: that brings data protection, which writes key files to disk for cookies that this service does not have.
        services.AddAuthenticationCore(options => options.DefaultScheme = Scheme);
        services.AddWebEncoders();
#pragma warning disable CS0618 // The floor version of the bearer package asks for this clock.
        services.TryAddSingleton<ISystemClock, SystemClock>();
#pragma warning restore CS0618
        new AuthenticationBuilder(services)
            .AddPolicyScheme(Scheme, null, options => options.ForwardDefaultSelector = http => Choose(http, settings.AllowsGuests))
            .AddJwtBearer(options => Configure(options, settings.Auth, keys))
            .AddScheme<AuthenticationSchemeOptions, TicketAuthentication>(TicketAuthentication.SchemeName, null)
            .AddScheme<AuthenticationSchemeOptions, Guests>(Guests.SchemeName, null);
        return services;
    }

    /// <summary>Says who is asking: at once for a token that was validated a moment ago, by its scheme for everybody else.</summary>
    public static void UseAccess(this IApplicationBuilder app)
    {
        var remembered = app.ApplicationServices.GetRequiredService<RememberedTokens>();
        var shared = new SharedServices(app.ApplicationServices);

        // Without these marks the host puts both in front of everything, for everybody.
        app.Properties["__AuthenticationMiddlewareSet"] = true;
        app.Properties["__AuthorizationMiddlewareSet"] = true;
        app.UseWhen(http => !Recognises(remembered, shared, http), strangers => strangers.UseAuthentication().UseAuthorization());
    }

    private static bool Recognises(RememberedTokens remembered, SharedServices shared, HttpContext http)
    {
        if (http.GetEndpoint() is not { } endpoint || !TakesAnyCaller(endpoint)) return false;
        var token = TokenOf(http);
        if (token.IsEmpty) return false;

        // A stream's connection sends one request as a rule, one that commands come on many.
        var isCommand = HttpMethods.IsPost(http.Request.Method);
        if (!remembered.TryFind(token, isCommand ? http.Request.Headers.Authorization.ToString() : null, out var principal, out var caller)) return false;
        http.User = principal;
        http.Features.Set(caller);
        http.Features.Set<IServiceProvidersFeature>(shared);
        return true;
    }

    /// <summary>False for a route that asks for more than an authenticated caller: that is not for the short way.</summary>
    private static bool TakesAnyCaller(Endpoint endpoint)
    {
        var asked = endpoint.Metadata.GetOrderedMetadata<IAuthorizeData>();
        for (var i = 0; i < asked.Count; i++)
        {
            if (asked[i] is not { Policy: null, Roles: null, AuthenticationSchemes: null }) return false;
        }

        return true;
    }

    /// <summary>The token that a request came with, if any; outside of stream routes that of the header alone.</summary>
    private static ReadOnlySpan<char> TokenOf(HttpContext http)
    {
        if (http.Request.Headers.Authorization is { Count: > 0 } header)
        {
            return header.ToString() is { } value && value.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? value.AsSpan(7).Trim() : default;
        }

        if (http.GetEndpoint()?.Metadata.GetMetadata<StreamRoute>() is null) return default;
        return http.Request.Query["access_token"].ToString() is { Length: > 0 } query ? query
            : string.IsNullOrEmpty(http.Request.Query["ticket"]) ? http.Request.Cookies[SessionCookie.Name] : default;
    }

    private static string Choose(HttpContext http, bool allowsGuests)
    {
        if (http.Request.Headers.Authorization.Count > 0) return JwtBearerDefaults.AuthenticationScheme;
        if (http.GetEndpoint()?.Metadata.GetMetadata<StreamRoute>() is not null)
        {
            if (!string.IsNullOrEmpty(http.Request.Query["access_token"])) return JwtBearerDefaults.AuthenticationScheme;
            if (!string.IsNullOrEmpty(http.Request.Query["ticket"])) return TicketAuthentication.SchemeName;
            if (SessionCookie.IsUsedBy(http.Request)) return JwtBearerDefaults.AuthenticationScheme;
        }

        return allowsGuests ? Guests.SchemeName : JwtBearerDefaults.AuthenticationScheme;
    }

    private static void Configure(JwtBearerOptions options, AuthOptions auth, TokenKeys keys)
    {
        if (auth.Authority.Length > 0)
        {
            options.Authority = auth.Authority;
            options.RequireHttpsMetadata = auth.Authority.StartsWith("https:", StringComparison.OrdinalIgnoreCase);
        }

        options.TokenValidationParameters = new()
        {
            ClockSkew = ClockSkew,
            RequireExpirationTime = false,
            IssuerSigningKeys = keys.Accepted,
            ValidateIssuerSigningKey = true,
            ValidateAudience = auth.Audience.Length > 0,
            ValidAudience = auth.Audience,
            ValidateIssuer = auth.Issuer.Length > 0 || auth.Authority.Length > 0,
            ValidIssuer = auth.Issuer.Length > 0 ? auth.Issuer : null,
        };

        // A key must never be used with an algorithm that it was not configured for; the floor package has no setting for that.
        string[] algorithms = auth.Authority.Length > 0 ? [SecurityAlgorithms.RsaSha256, SecurityAlgorithms.EcdsaSha256] : [SecurityAlgorithms.HmacSha256];
        options.Events = new JwtBearerEvents
        {
            OnMessageReceived = context =>
            {
                context.Token = TokenOf(context.HttpContext).ToString();
                return Task.CompletedTask;
            },
            OnTokenValidated = context =>
            {
                var (algorithm, claims) = Read(context.SecurityToken);

                // The claims as the token has them: the packages' own principal holds them under other names, and others under theirs.
                context.Principal = new(new ClaimsIdentity(claims, JwtBearerDefaults.AuthenticationScheme));
                if (!algorithms.Contains(algorithm)) context.Fail("The token is signed with an algorithm that is not accepted here.");
                else if (TokenTimes.Refuse(context.Principal, TimeProvider.System.GetUtcNow(), ClockSkew) is { } reason) context.Fail(reason);
                else if (Caller.IdOf(context.Principal) is null) context.Fail("The token's sub is missing, or is no user name.");
                else if (context.Principal.HasClaim(c => TicketAuthentication.IsOwn(c.Type))) context.Fail("The token carries a claim that only a ticket may.");
                else Remember(context);
                return Task.CompletedTask;
            },
        };
    }

    private static void Remember(TokenValidatedContext context)
    {
        var token = TokenOf(context.HttpContext);
        if (token.IsEmpty) return;
        var expires = TokenTimes.Read(context.Principal!.FindFirstValue("exp"));
        context.HttpContext.RequestServices.GetRequiredService<RememberedTokens>().Add(token, context.Principal!, expires + ClockSkew);
    }

    // The floor package reads a token into the first, the latest into the second.
    private static (string? Algorithm, IEnumerable<Claim> Claims) Read(SecurityToken token) => token switch
    {
        JwtSecurityToken jwt => (jwt.Header.Alg, jwt.Claims),
        JsonWebToken jwt => (jwt.Alg, jwt.Claims),
        _ => (null, []),
    };
}
