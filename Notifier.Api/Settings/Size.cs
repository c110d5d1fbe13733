using System.Globalization;

namespace Notifier.Api.Settings;

/// <summary>A number of bytes as people write one: <c>268435456</c>, <c>256 MiB</c>.</summary>
internal static class Size
{
    private static readonly (string Unit, int Shift)[] Units = [("KiB", 10), ("MiB", 20), ("GiB", 30)];

    public static bool TryParse(string text, out long bytes)
    {
        var (number, shift) = (text.Trim(), 0);
        foreach (var (unit, by) in Units)
        {
            if (!number.EndsWith(unit, StringComparison.OrdinalIgnoreCase)) continue;
            (number, shift) = (number[..^unit.Length].TrimEnd(), by);
            break;
        }

        if (!long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out bytes) || bytes > long.MaxValue >> shift) return false;
        bytes <<= shift;
        return true;
    }
}
