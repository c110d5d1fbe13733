using Microsoft.AspNetCore.Http.Features;

namespace Notifier.Api.Access;

/// <summary>
/// The services of all requests that take none of their own: what routes ask for is there once. The scope that a request gets else is for the schemes of authentication, and lives as long as a
/// stream does.
/// </summary>
internal sealed class SharedServices(IServiceProvider services) : IServiceProvidersFeature
{
    public IServiceProvider RequestServices
    {
        get => services;
        set => throw new NotSupportedException("These are not one request's.");
    }
}
