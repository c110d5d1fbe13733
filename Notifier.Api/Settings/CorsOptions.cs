namespace Notifier.Api.Settings;

/// <summary>Section <c>Cors</c>: which other origins' pages may use the service.</summary>
internal sealed record CorsOptions
{
    /// <summary>Origins like <c>https://app.example</c>, separated by commas; <c>*</c>: any, without credentials. Default empty: none.</summary>
    public string[] Origins { get; init; } = [];
}
