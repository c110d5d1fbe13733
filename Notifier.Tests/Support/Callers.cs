using System.Security.Claims;
using Microsoft.AspNetCore.Http;
using Notifier.Api.Access;

namespace Notifier.Tests.Support;

/// <summary>Callers without a request.</summary>
internal static class Callers
{
    public static Caller Named(string user) =>
        Caller.Of(new DefaultHttpContext { User = new(new ClaimsIdentity([new("sub", user)], "test")) });
}
