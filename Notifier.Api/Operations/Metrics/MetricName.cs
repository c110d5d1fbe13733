using System.Globalization;

namespace Notifier.Api.Operations.Metrics;

/// <summary>
/// Names and labels as Prometheus writes them (https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/): dots become
/// underscores, the unit is part of the name, and a counter ends in <c>_total</c>.
/// </summary>
internal static class MetricName
{
    public static string Of(string name, string? unit, MetricKind kind)
    {
        var text = new string([.. name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '_')]);
        var suffix = unit switch
        {
            "s" => "_seconds",
            "ms" => "_milliseconds",
            "By" => "_bytes",
            "1" when kind == MetricKind.Gauge => "_ratio",
            _ => "",
        };
        if (!text.EndsWith(suffix, StringComparison.Ordinal)) text += suffix;
        return kind == MetricKind.Counter && !text.EndsWith("_total", StringComparison.Ordinal) ? text + "_total" : text;
    }

    /// <summary>Writes <c>name="value"</c>, with a comma before any but the first; false where it does not fit.</summary>
    public static bool TryWriteLabel(string name, object value, Span<char> text, bool isFirst, out int length)
    {
        length = 0;
        if (!isFirst && !Append(',', text, ref length)) return false;
        if (!Append(name, text, ref length)) return false;

        // Of what others name things by, the dot alone is no part of a label's name.
        text[(length - name.Length)..length].Replace('.', '_');
        if (!Append('=', text, ref length) || !Append('"', text, ref length)) return false;
        if (value is int number)
        {
            if (!number.TryFormat(text[length..], out var digits, default, CultureInfo.InvariantCulture)) return false;
            length += digits;
        }
        else
        {
            var plain = value as string ?? Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
            if (plain.AsSpan().IndexOfAny('\\', '"', '\n') < 0) return Append(plain, text, ref length) && Append('"', text, ref length);
            foreach (var c in plain)
            {
                if (c is '\\' or '"' or '\n' && !Append('\\', text, ref length)) return false;
                if (!Append(c == '\n' ? 'n' : c, text, ref length)) return false;
            }
        }

        return Append('"', text, ref length);
    }

    private static bool Append(string part, Span<char> text, ref int length)
    {
        if (!part.TryCopyTo(text[length..])) return false;
        length += part.Length;
        return true;
    }

    private static bool Append(char c, Span<char> text, ref int length)
    {
        if (length == text.Length) return false;
        text[length++] = c;
        return true;
    }
}
