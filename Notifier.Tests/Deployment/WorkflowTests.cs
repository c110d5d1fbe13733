using System.Text.RegularExpressions;
using Notifier.Tests.Support;
using YamlDotNet.RepresentationModel;

namespace Notifier.Tests.Deployment;

/// <summary>What the workflows may do, and that every path in them leads somewhere.</summary>
public sealed partial class WorkflowTests
{
    private static readonly YamlNode Ci = YamlFile.Read(".github", "workflows", "ci.yml");
    private static readonly YamlNode Deploy = YamlFile.Read(".github", "workflows", "deploy.yml");

    [Fact]
    public void Every_workflow_may_read_alone_and_a_job_that_may_more_says_so()
    {
        foreach (var path in Directory.GetFiles(Path.Combine(Repository.Root, ".github", "workflows")))
        {
            var workflow = YamlFile.Read(path);
            workflow.Entries("permissions").Select(entry => entry.Name).ShouldBe(["contents"]);
            workflow.Text("permissions", "contents").ShouldBe("read");
        }

        Ci.Text("jobs", "image", "permissions", "packages").ShouldBe("write");
        Ci.Text("jobs", "image", "if").ShouldBe("github.event_name == 'push'");
        Ci.Text("jobs", "image", "needs").ShouldBe("test");
        Deploy.Text("jobs", "production", "environment").ShouldBe("production");
        Deploy.Entries("on").ShouldHaveSingleItem().Name.ShouldBe("workflow_dispatch");
    }

    [Fact]
    public void Both_package_sets_are_tested_with_nothing_skipped()
    {
        Ci.Texts("jobs", "test", "strategy", "matrix", "packages").ShouldBe(["floor", "latest"]);
        Ci.Text("jobs", "test", "env", "NOTIFIER_REQUIRE_ALL").ShouldBe("1");
        Scripts(Ci).Count(script => script.Contains("-p:Packages=${{ matrix.packages }}", StringComparison.Ordinal)).ShouldBe(3);
        Scripts(Ci).ShouldContain("dotnet format --verify-no-changes --no-restore");
    }

    [Fact]
    public void The_long_tests_run_every_night_with_nothing_skipped()
    {
        var nightly = YamlFile.Read(".github", "workflows", "nightly.yml");

        nightly.Entries("on").Select(entry => entry.Name).ShouldBe(["schedule", "workflow_dispatch"]);
        nightly.Text("jobs", "test", "env", "NOTIFIER_NIGHTLY").ShouldBe("1");
        nightly.Text("jobs", "test", "env", "NOTIFIER_REQUIRE_ALL").ShouldBe("1");
        Scripts(nightly).ShouldContain(script => script.Contains("dotnet test --no-build", StringComparison.Ordinal));
        Scripts(nightly).ShouldContain(script => script.Contains("redis-server nginx", StringComparison.Ordinal) && script.Contains("/usr/bin/chromium", StringComparison.Ordinal));
    }

    [Fact]
    public void What_is_sent_to_the_machine_and_run_there_exists()
    {
        var sent = Sent().Match(string.Join('\n', Scripts(Deploy))).Groups[1].Value.Split(' ');
        var run = Run().Match(string.Join('\n', Scripts(Deploy))).Groups[1].Value;
        var script = File.ReadAllText(Path.Combine(Repository.Root, run));

        sent.Length.ShouldBe(3);
        foreach (var path in sent) Path.Exists(Path.Combine(Repository.Root, path)).ShouldBeTrue(path);
        sent.ShouldContain(run.Split('/')[0]);
        foreach (Match file in ComposeFile().Matches(script)) sent.ShouldContain(file.Groups[1].Value);
    }

    [Fact]
    public void No_value_that_somebody_types_is_pasted_into_a_script()
    {
        foreach (var script in Scripts(Ci).Concat(Scripts(Deploy)))
        {
            script.ShouldNotContain("${{ inputs.");
            script.ShouldNotContain("${{ github.event.");
            script.ShouldNotContain("${{ secrets.");
        }
    }

    private static List<string> Scripts(YamlNode workflow) =>
        [.. workflow.Entries("jobs").SelectMany(job => (YamlSequenceNode)job.Node.At("steps")!).Select(step => step.Text("run")).OfType<string>()];

    [GeneratedRegex(@"tar -cf - (.+?) \|")]
    private static partial Regex Sent();

    [GeneratedRegex(@"'sh notifier/(\S+)'")]
    private static partial Regex Run();

    [GeneratedRegex(@"-f (docker-compose\S+)")]
    private static partial Regex ComposeFile();
}
