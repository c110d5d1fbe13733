using System.Text.RegularExpressions;
using Notifier.Tests.Support;

namespace Notifier.Tests.Docs;

/// <summary>That the pages lead to each other and to files that are there, and that README begins as it promises.</summary>
public sealed partial class PageTests
{
    [Fact]
    public void Every_link_to_a_file_leads_to_one_and_every_anchor_to_a_heading()
    {
        foreach (var page in Snippet.Pages())
        {
            var text = File.ReadAllText(Path.Combine(Repository.Root, page));
            foreach (Match link in Link().Matches(text))
            {
                var target = link.Groups[1].Value;
                if (target.Contains("://", StringComparison.Ordinal) || target.StartsWith("mailto:", StringComparison.Ordinal)) continue;
                var (path, anchor) = (target.Split('#')[0], target.Split('#').ElementAtOrDefault(1));
                var file = path.Length == 0 ? Path.Combine(Repository.Root, page) : Path.GetFullPath(Path.Combine(Repository.Root, Path.GetDirectoryName(page)!, path));
                Path.Exists(file).ShouldBeTrue($"{page} -> {target}");
                if (anchor is not null) Anchors(file).ShouldContain(anchor, $"{page} -> {target}");
            }
        }
    }

    [Fact]
    public void Every_page_is_in_the_index()
    {
        var index = File.ReadAllText(Path.Combine(Repository.Root, "docs", "README.md"));

        foreach (var page in Directory.GetFiles(Path.Combine(Repository.Root, "docs"), "*.md").Select(Path.GetFileName).Where(page => page != "README.md")) index.ShouldContain($"]({page})");
    }

    [Fact]
    public void README_begins_with_the_two_commands_that_its_reader_needs()
    {
        var commands = Snippet.All.Where(snippet => snippet.Page == "README.md").Select(snippet => snippet.Text.Trim()).Take(2);

        commands.ShouldBe(["dotnet run --project Notifier.Api", "dotnet test"]);
    }

    private static IEnumerable<string> Anchors(string file) => Heading().Matches(File.ReadAllText(file))
        .Select(match => NotInAnchor().Replace(match.Groups[1].Value.ToLowerInvariant(), "").Replace(' ', '-'));

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex("^#+ (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NotInAnchor();
}
