using Notifier.Core.Settings;

namespace Notifier.Api.Settings;

/// <summary>Section <c>Operations</c>: where operators look.</summary>
internal sealed record OperationsOptions
{
    /// <summary>A port of its own for <c>/metrics</c> and <c>/health</c>. Default empty: with everything else. 1 to 65535.</summary>
    [Setting("1", "65535")]
    public int? Port { get; init; }
}
