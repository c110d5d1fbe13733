using System.Globalization;
using System.Reflection;
using Notifier.Core.Settings;

namespace Notifier.Api.Settings;

/// <summary>
/// One section of the configuration as an options record. The framework's binder passes over names it does not know and says of a bad value only
/// that it is bad; an operator needs to be told what would be right.
/// </summary>
internal static class SettingsSection
{
    public static T Read<T>(IConfiguration configuration, string name, List<string> errors)
        where T : new()
    {
        var options = new T();
        var properties = typeof(T).GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.CanWrite).ToDictionary(p => p.Name, StringComparer.OrdinalIgnoreCase);
        foreach (var child in configuration.GetSection(name).GetChildren())
        {
            if (!properties.TryGetValue(child.Key, out var property))
            {
                errors.Add($"{name}:{child.Key} is not a setting; section {name} knows {string.Join(", ", properties.Keys.Order(StringComparer.Ordinal))}.");
                continue;
            }

            // A list may be written as one string or as an array; nothing else has parts.
            var parts = child.GetChildren().ToArray();
            if (parts.Length > 0 && property.PropertyType != typeof(string[]))
            {
                errors.AddRange(parts.Select(part => $"{name}:{property.Name}:{part.Key} is not a setting; {name}:{property.Name} takes {Expectation(property)}."));
                continue;
            }

            var text = child.Value ?? string.Join(',', parts.Select(part => part.Value));
            if (property.PropertyType != typeof(string) && string.IsNullOrWhiteSpace(text)) continue;
            if (TryConvert(property, text, out var value)) property.SetValue(options, value);
            else errors.Add($"{name}:{property.Name} is '{text}'; it takes {Expectation(property)}.");
        }

        return options;
    }

    /// <summary>What a setting takes, in words.</summary>
    public static string Expectation(PropertyInfo property)
    {
        var kind = TypeOf(property) switch
        {
            var t when t == typeof(bool) => "true or false",
            var t when t == typeof(TimeSpan) => "a time span like 00:00:30 or 30s",
            var t when t == typeof(long) => "a number of bytes like 1048576 or 1 MiB",
            var t when t == typeof(string[]) => "a list with commas",
            var t when t == typeof(string) => "a text",
            _ => "a whole number",
        };
        return property.GetCustomAttribute<SettingAttribute>() is { } range ? $"{kind}, from {range.Min} to {range.Max}" : kind;
    }

    private static bool TryConvert(PropertyInfo property, string text, out object? value)
    {
        var type = TypeOf(property);
        value = Parse(type, text);
        if (value is null) return false;
        if (property.GetCustomAttribute<SettingAttribute>() is not { } range) return true;
        var number = (IComparable)value;
        return number.CompareTo(Parse(type, range.Min)) >= 0 && number.CompareTo(Parse(type, range.Max)) <= 0;
    }

    private static Type TypeOf(PropertyInfo property) => Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;

    private static object? Parse(Type type, string text) => type switch
    {
        _ when type == typeof(string) => text,
        _ when type == typeof(string[]) => text.Split([',', ';', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
        _ when type == typeof(bool) => bool.TryParse(text, out var flag) ? flag : null,
        _ when type == typeof(int) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null,
        _ when type == typeof(long) => Size.TryParse(text, out var bytes) ? bytes : null,
        _ when type == typeof(TimeSpan) => ParseTimeSpan(text),
        _ => throw new NotSupportedException($"No setting has the type {type}."),
    };

    // Strictly the constant format: the looser one takes a bare number for days, and 24:00:00 for twenty-four of them.
    private static TimeSpan? ParseTimeSpan(string text) =>
        TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out var span) && text.Contains(':', StringComparison.Ordinal) ? span
        : Duration.TryParse(text, out span) ? span
        : null;
}
