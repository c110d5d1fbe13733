using System.Text.RegularExpressions;
using Notifier.Tests.Support;

namespace Notifier.Tests.Docs;

/// <summary>What the docs say of the measurements.</summary>
public sealed partial class MeasurementTests
{
    [SkippableFact]
    public async Task The_load_run_takes_every_option_that_the_page_on_performance_names()
    {
        var works = Options().Matches(await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "performance.md"))).Select(match => match.Groups[1].Value).Distinct().ToList();

        works.Count.ShouldBeGreaterThan(5);
        foreach (var work in works)
        {
            var (exitCode, output) = await Measurements.RunAsync(["load", .. work.Split(' '), "--dry-run"]);
            exitCode.ShouldBe(0, $"{work}: {output}");
        }
    }

    [SkippableTheory]
    [InlineData("load --stream 1000")]
    [InlineData("load --rate fast")]
    [InlineData("across --rates 1000")]
    [InlineData("across --seconds 0")]
    [InlineData("journal --events")]
    [InlineData("micro --filters *")]
    public async Task A_measurement_takes_no_option_that_it_does_not_know_and_no_value_that_is_none(string command)
    {
        (await Measurements.RunAsync([.. command.Split(' '), "--dry-run"])).ExitCode.ShouldBe(2);
    }

    [SkippableFact]
    public async Task A_small_load_run_delivers_every_event_exactly_once()
    {
        var (exitCode, output) = await Measurements.RunAsync([.. "load --streams 20 --rooms 2 --rate 20 --seconds 1 --warm-up 1".Split(' ')]);

        exitCode.ShouldBe(0, output);
        output.ShouldContain("exactly once");
    }

    [GeneratedRegex("`(--[^`]+)`")]
    private static partial Regex Options();
}
