using System.Globalization;

namespace Notifier.Benchmarks;

/// <summary>Options of a measurement, each a name and a value. An unknown name is an error: the default would be measured in its place without a word.</summary>
internal sealed class NamedOptions
{
    /// <summary>Says what would be measured, and measures nothing.</summary>
    public const string DryRun = "--dry-run";

    private readonly Dictionary<string, string> _values;

    private NamedOptions(Dictionary<string, string> values, bool isDryRun) => (_values, IsDryRun) = (values, isDryRun);

    public bool IsDryRun { get; }

    public string this[string name] => _values[name];

    public int Number(string name) => int.Parse(_values[name], CultureInfo.InvariantCulture);

    /// <summary>Reads the command line; null where it is wrong. An option whose default is a number takes one, from 1.</summary>
    public static NamedOptions? Parse(string[] args, params (string Name, string Default)[] known)
    {
        var (values, isDryRun) = (known.ToDictionary(option => option.Name, option => option.Default, StringComparer.Ordinal), false);
        for (var i = 0; i < args.Length; i++)
        {
            if (args[i] == DryRun) isDryRun = true;
            else if (i + 1 == args.Length || !values.TryGetValue(args[i], out var before) || (IsCount(before) && !IsCount(args[i + 1]))) return null;
            else values[args[i]] = args[++i];
        }

        return new(values, isDryRun);
    }

    private static bool IsCount(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0;
}
