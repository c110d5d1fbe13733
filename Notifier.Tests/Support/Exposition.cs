using System.Globalization;
using System.Text.RegularExpressions;

namespace Notifier.Tests.Support;

/// <summary>
/// Metrics as a scraper reads them (https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format), strictly: whatever
/// <c>promtool check metrics</c> objects to fails here.
/// </summary>
internal sealed partial class Exposition
{
    private readonly Dictionary<string, double> _samples = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _types = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _helps = new(StringComparer.Ordinal);

    /// <summary>Family -> type.</summary>
    public IReadOnlyDictionary<string, string> Types => _types;

    /// <summary>Family -> help.</summary>
    public IReadOnlyDictionary<string, string> Helps => _helps;

    /// <summary>Name and labels, sorted by label -> value.</summary>
    public IReadOnlyDictionary<string, double> Samples => _samples;

    /// <summary>Fetches and reads them.</summary>
    public static async Task<Exposition> FetchAsync(HttpClient client)
    {
        using var answer = await client.GetAsync("/metrics");
        answer.EnsureSuccessStatusCode();
        answer.Content.Headers.ContentType!.ToString().ShouldBe("text/plain; version=0.0.4; charset=utf-8");
        return Parse(await answer.Content.ReadAsStringAsync());
    }

    /// <exception cref="FormatException">Something in it is not as the format says.</exception>
    public static Exposition Parse(string text)
    {
        var exposition = new Exposition();
        if (!text.EndsWith('\n')) throw new FormatException("The last line has no end.");
        string? family = null;
        var finished = new HashSet<string>(StringComparer.Ordinal);
        foreach (var line in text[..^1].Split('\n'))
        {
            if (line.StartsWith("# HELP ", StringComparison.Ordinal)) exposition.ReadHelp(line);
            else if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
            {
                if (family is not null && !finished.Add(family)) throw new FormatException($"{family} comes in two places.");
                family = exposition.ReadType(line);
            }
            else exposition.ReadSample(line, family ?? throw new FormatException($"A sample before any type: {line}"));
        }

        exposition.CheckHistograms();
        return exposition;
    }

    /// <summary>The value of one series; 0 where it is not there.</summary>
    public double this[string series] => _samples.GetValueOrDefault(series);

    /// <summary>The sum over all label sets of a name.</summary>
    public double Sum(string name) => _samples.Where(sample => sample.Key == name || sample.Key.StartsWith(name + "{", StringComparison.Ordinal)).Sum(sample => sample.Value);

    private void ReadHelp(string line)
    {
        var parts = line.Split(' ', 4);
        if (parts.Length < 4 || !NamePattern().IsMatch(parts[2])) throw new FormatException($"No help: {line}");
        if (BadEscape().IsMatch(parts[3])) throw new FormatException($"An escape that is none: {line}");
        if (!_helps.TryAdd(parts[2], parts[3])) throw new FormatException($"A second help: {line}");
    }

    private string ReadType(string line)
    {
        var parts = line.Split(' ');
        if (parts.Length != 4 || !NamePattern().IsMatch(parts[2]) || parts[3] is not ("counter" or "gauge" or "histogram")) throw new FormatException($"No type: {line}");
        if (!_types.TryAdd(parts[2], parts[3])) throw new FormatException($"A second type: {line}");
        if (!_helps.ContainsKey(parts[2])) throw new FormatException($"{parts[2]} has no help.");
        if (parts[3] == "counter" != parts[2].EndsWith("_total", StringComparison.Ordinal)) throw new FormatException($"A counter, and no other, ends in _total: {line}");
        return parts[2];
    }

    private void ReadSample(string line, string family)
    {
        var match = SamplePattern().Match(line);
        if (!match.Success) throw new FormatException($"No sample: {line}");
        var name = match.Groups["name"].Value;
        var ofHistogram = _types[family] == "histogram" && name.StartsWith(family, StringComparison.Ordinal) && name[family.Length..] is "_bucket" or "_sum" or "_count";
        if (!ofHistogram && (name != family || _types[family] == "histogram")) throw new FormatException($"A sample of another family than {family}: {line}");

        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (Match label in LabelPattern().Matches(match.Groups["labels"].Value))
        {
            if (!labels.TryAdd(label.Groups["label"].Value, label.Groups["value"].Value)) throw new FormatException($"A label twice: {line}");
        }

        if (name.EndsWith("_bucket", StringComparison.Ordinal) != labels.ContainsKey("le")) throw new FormatException($"le belongs to buckets: {line}");
        var value = match.Groups["number"].Value switch
        {
            "+Inf" => double.PositiveInfinity,
            "-Inf" => double.NegativeInfinity,
            "NaN" => double.NaN,
            var number => double.Parse(number, NumberStyles.Float, CultureInfo.InvariantCulture),
        };
        if (_types[family] != "gauge" && value is double.NaN or < 0) throw new FormatException($"A count that is none: {line}");
        var series = labels.Count == 0 ? name : $"{name}{{{string.Join(',', labels.Select(label => $"{label.Key}=\"{label.Value}\""))}}}";
        if (!_samples.TryAdd(series, value)) throw new FormatException($"A series twice: {line}");
    }

    private void CheckHistograms()
    {
        foreach (var family in _types.Where(type => type.Value == "histogram").Select(type => type.Key))
        {
            var buckets = _samples.Where(sample => sample.Key.StartsWith(family + "_bucket{", StringComparison.Ordinal))
                .GroupBy(sample => BoundPattern().Replace(sample.Key[(family + "_bucket").Length..], ""));
            foreach (var series in buckets)
            {
                var byBound = series.Select(sample => (Bound: Bound(sample.Key), sample.Value)).OrderBy(bucket => bucket.Bound).ToArray();
                if (!byBound.Zip(byBound.Skip(1)).All(pair => pair.First.Value <= pair.Second.Value)) throw new FormatException($"{family}'s buckets are not cumulative.");
                if (!double.IsPositiveInfinity(byBound[^1].Bound)) throw new FormatException($"{family} has no last bucket.");
                var labels = series.Key == "{}" ? "" : series.Key;
                if (!_samples.TryGetValue(family + "_count" + labels, out var count) || !count.Equals(byBound[^1].Value)) throw new FormatException($"{family}'s count is not its last bucket.");
                if (!_samples.ContainsKey(family + "_sum" + labels)) throw new FormatException($"{family} has no sum.");
            }
        }
    }

    private static double Bound(string series)
    {
        var bound = Regex.Match(series, "le=\"([^\"]+)\"").Groups[1].Value;
        return bound == "+Inf" ? double.PositiveInfinity : double.Parse(bound, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex("^[a-zA-Z_:][a-zA-Z0-9_:]*$")]
    private static partial Regex NamePattern();

    [GeneratedRegex(@"(?<!\\)(?:\\\\)*\\(?![\\n])")]
    private static partial Regex BadEscape();

    [GeneratedRegex("""^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(?<labels>[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*"(?:,[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*")*)\})? (?<number>[+-]?Inf|NaN|-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)$""")]
    private static partial Regex SamplePattern();

    [GeneratedRegex("""(?<label>[a-zA-Z_][a-zA-Z0-9_]*)="(?<value>(?:[^"\\\n]|\\[\\"n])*)""")]
    private static partial Regex LabelPattern();

    [GeneratedRegex(""",?le="[^"]*",?""")]
    private static partial Regex BoundPattern();
}
