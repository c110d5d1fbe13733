using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Notifier.Tests.Support;

namespace Notifier.Tests.Docs;

/// <summary>
/// A fenced block of README or docs. What it is run by follows from its language; a comment on the line before the fence names the test that runs it
/// instead (<c>&lt;!-- run by Class.Test --&gt;</c>), says why nothing does (<c>&lt;!-- not run: why --&gt;</c>), or that it goes on from the block of its
/// language before it (<c>&lt;!-- continues --&gt;</c>).
/// </summary>
/// <param name="Page">Path from the repository's root.</param>
/// <param name="Line">Line of the fence.</param>
/// <param name="Language">The info string's first word; empty where it has none.</param>
/// <param name="Text">What is between the fences, with what it continues before it.</param>
/// <param name="RunBy">Null where its language says what it is run by.</param>
/// <param name="WhyNotRun">Null where it is run.</param>
internal sealed partial record Snippet(string Page, int Line, string Language, string Text, string? RunBy, string? WhyNotRun)
{
    private const string RunByMark = "run by ";
    private const string NotRunMark = "not run: ";

    /// <summary>Every fenced block of README, CONTRIBUTING and docs/, but for the decisions, which quote the past.</summary>
    public static List<Snippet> All { get; } = [.. Pages().SelectMany(Read)];

    /// <summary>README, CONTRIBUTING and docs/, by their paths from the root.</summary>
    public static IEnumerable<string> Pages() =>
        new[] { "README.md", "CONTRIBUTING.md", "SECURITY.md" }.Where(page => File.Exists(Path.Combine(Repository.Root, page)))
            .Concat(Directory.GetFiles(Path.Combine(Repository.Root, "docs"), "*.md").Select(path => Path.GetRelativePath(Repository.Root, path)).Order(StringComparer.Ordinal));

    public static Snippet At(string page, int line) => All.Single(snippet => snippet.Page == page && snippet.Line == line);

    /// <summary>The block that names the calling test.</summary>
    public static Snippet Of(string testClass, [CallerMemberName] string test = "") => All.Single(snippet => snippet.RunBy == $"{testClass}.{test}");

    private static List<Snippet> Read(string page)
    {
        var lines = File.ReadAllLines(Path.Combine(Repository.Root, page));
        var found = new List<Snippet>();
        for (var i = 0; i < lines.Length; i++)
        {
            var fence = Fence().Match(lines[i]);
            if (!fence.Success) continue;
            var end = Array.IndexOf(lines, fence.Groups[1].Value + "```", i + 1);
            if (end < 0) throw new FormatException($"{page}:{i + 1} has no end.");
            var indent = fence.Groups[1].Length;
            var text = string.Join('\n', lines[(i + 1)..end].Select(line => line.Length >= indent ? line[indent..] : line)) + "\n";
            var language = fence.Groups[2].Value;
            var remark = i > 0 ? Remark().Match(lines[i - 1]).Groups[1].Value : "";
            var (runBy, whyNotRun) = (After(RunByMark, remark), After(NotRunMark, remark));
            if (remark == "continues") text = found.Last(snippet => snippet.Language == language).Text + text;
            else if (remark.Length > 0 && (runBy ?? whyNotRun) is null) throw new FormatException($"{page}:{i} is no remark: {remark}");
            found.Add(new(page, i + 1, language, text, runBy, whyNotRun));
            i = end;
        }

        return found;
    }

    private static string? After(string mark, string remark) => remark.StartsWith(mark, StringComparison.Ordinal) ? remark[mark.Length..] : null;

    [GeneratedRegex(@"^(\s*)```([a-z]*)")]
    private static partial Regex Fence();

    [GeneratedRegex(@"^\s*<!-- (.+) -->$")]
    private static partial Regex Remark();
}
