namespace Notifier.Api;

/// <summary>The methods of a route that is read from.</summary>
internal static class ReadMethods
{
    /// <summary>GET, and HEAD, which asks the same without the body: load balancers like to.</summary>
    public static IReadOnlyList<string> All { get; } = [HttpMethods.Get, HttpMethods.Head];
}
