using System.Collections.Frozen;
using System.Globalization;
using Notifier.Core.Events;

namespace Notifier.Api.Queries;

/// <summary>Parameters that several routes read alike; what is wrong with one goes to the errors under its name, and an empty one is none.</summary>
internal static class Parameters
{
    public static int? ReadNumber(this IQueryCollection query, string name, int min, int max, Dictionary<string, string[]> errors)
    {
        var value = query[name].ToString();
        if (value.Length == 0) return null;
        if (int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max) return number;
        errors[name] = [string.Create(CultureInfo.InvariantCulture, $"takes a whole number from {min} to {max}")];
        return null;
    }

    /// <summary>The types of <c>types=</c>; null: all.</summary>
    public static FrozenSet<string>? ReadTypes(this IQueryCollection query, Dictionary<string, string[]> errors)
    {
        var value = query["types"].ToString();
        if (value.Length == 0) return null;
        var types = value.Split(',');
        if (!Array.TrueForAll(types, type => EventType.IsValid(type))) errors["types"] = [$"takes event types, separated by commas; a type {EventType.Rule}"];
        return types.ToFrozenSet(StringComparer.Ordinal);
    }

    public static bool ReadFlag(this IQueryCollection query, string name, Dictionary<string, string[]> errors)
    {
        var value = query[name].ToString();
        if (value is not ("" or "true" or "false")) errors[name] = ["takes true or false"];
        return value == "true";
    }

    public static LogPosition? ReadPosition(this IQueryCollection query, string name, Dictionary<string, string[]> errors)
    {
        var value = query[name].ToString();
        if (value.Length == 0) return null;
        if (LogPosition.TryParse(value, out var position)) return position;
        errors[name] = ["takes an event's id, like 1795164167186-0"];
        return null;
    }
}
