namespace Notifier.Core.Settings;

/// <summary>The lowest and the highest value of a setting, in the setting's own notation; both are allowed.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SettingAttribute(string min, string max) : Attribute
{
    public string Min { get; } = min;

    public string Max { get; } = max;
}
