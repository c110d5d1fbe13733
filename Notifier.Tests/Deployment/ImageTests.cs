using System.Text.RegularExpressions;
using Notifier.Tests.Support;

namespace Notifier.Tests.Deployment;

/// <summary>What the Dockerfile promises, and that what it copies is there and reaches the build.</summary>
public sealed partial class ImageTests
{
    private static readonly string Dockerfile = File.ReadAllText(Path.Combine(Repository.Root, "Dockerfile"));
    private static readonly string[] Ignore = File.ReadAllLines(Path.Combine(Repository.Root, ".dockerignore"));

    [Fact]
    public void Everything_that_is_copied_exists_and_is_not_ignored()
    {
        var sources = Copy().Matches(Dockerfile).SelectMany(match => match.Groups[1].Value.Split(' ')[..^1]).ToList();

        sources.ShouldContain("Notifier.Api/");
        sources.ShouldContain("Notifier.Core/");
        foreach (var source in sources)
        {
            Path.Exists(Path.Combine(Repository.Root, source)).ShouldBeTrue(source);
            Ignore.ShouldContain($"!{source.Split('/')[0]}");
        }
    }

    [Fact]
    public void It_is_restored_from_every_project_that_the_service_is_made_of()
    {
        var projects = Directory.GetFiles(Repository.Root, "*.csproj", SearchOption.AllDirectories).Select(path => Path.GetRelativePath(Repository.Root, path));
        var service = File.ReadAllText(Path.Combine(Repository.Root, "Notifier.Api", "Notifier.Api.csproj"));

        foreach (var project in projects.Where(path => path.StartsWith("Notifier.Api", StringComparison.Ordinal) || service.Contains(path, StringComparison.Ordinal)))
            Dockerfile.ShouldContain($"COPY {project} {Path.GetDirectoryName(project)}/\n");
    }

    [Fact]
    public void Secrets_and_what_was_built_stay_out_of_it()
    {
        Ignore[1].ShouldBe("*");
        foreach (var pattern in new[] { "**/bin", "**/obj", "**/.env", "**/.env.*" }) Ignore.ShouldContain(pattern);
    }

    [Fact]
    public void It_runs_as_nobody_special_with_no_shell_before_the_process_and_is_checked()
    {
        Dockerfile.ShouldContain("\nUSER $APP_UID\n");
        Dockerfile.ShouldContain("\nENTRYPOINT [\"dotnet\", \"Notifier.Api.dll\"]\n");
        Dockerfile.ShouldContain("\nHEALTHCHECK ");
        Dockerfile.ShouldContain("ASPNETCORE_URLS=http://*:3001");
        Dockerfile.IndexOf("\nUSER ", StringComparison.Ordinal).ShouldBeLessThan(Dockerfile.IndexOf("\nENTRYPOINT ", StringComparison.Ordinal));
    }

    // Not those from another stage.
    [GeneratedRegex(@"^COPY ((?!--).+)$", RegexOptions.Multiline)]
    private static partial Regex Copy();
}
