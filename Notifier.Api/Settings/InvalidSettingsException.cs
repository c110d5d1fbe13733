namespace Notifier.Api.Settings;

/// <summary>The service cannot start with the settings it was given; the message names each, and what would be right.</summary>
internal sealed class InvalidSettingsException(IReadOnlyList<string> errors) : Exception(string.Join(Environment.NewLine, errors));
