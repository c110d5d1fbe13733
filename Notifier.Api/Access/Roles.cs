namespace Notifier.Api.Access;

/// <summary>Values of the claim <c>roles</c>.</summary>
internal static class Roles
{
    /// <summary>Everything.</summary>
    public const string Admin = "admin";

    /// <summary>Any command, any topic.</summary>
    public const string Publisher = "publisher";

    /// <summary>Completions of others.</summary>
    public const string Instructor = "instructor";
}
