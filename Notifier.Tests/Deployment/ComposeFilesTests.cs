using System.Text.RegularExpressions;
using Notifier.Tests.Support;
using YamlDotNet.RepresentationModel;

namespace Notifier.Tests.Deployment;

/// <summary>What the compose files promise, and that every name in them leads somewhere.</summary>
public sealed partial class ComposeFilesTests
{
    private static readonly YamlNode Demo = YamlFile.Read("docker-compose.yml");
    private static readonly YamlNode Production = YamlFile.Read("docker-compose.production.yml");

    [Fact]
    public void The_service_can_be_scaled_and_has_time_to_let_its_streams_go()
    {
        foreach (var file in new[] { Demo, Production })
        {
            foreach (var (name, service) in file.Entries("services"))
            {
                service.At("container_name").ShouldBeNull(name);
                if (service.At("profiles") is not null) service.Texts("ports").ShouldAllBe(port => port.StartsWith("127.0.0.1:", StringComparison.Ordinal), name);
                else if (name != "nginx") service.At("ports").ShouldBeNull(name);
            }
        }

        Demo.Text("services", "notifier", "deploy", "replicas").ShouldBe("2");
        Demo.Text("services", "notifier", "stop_grace_period").ShouldBe("20s");
        Demo.Texts("services", "nginx", "ports").ShouldHaveSingleItem().ShouldEndWith(":3001");
    }

    [Fact]
    public void Every_service_restarts_is_checked_and_waits_for_the_health_of_what_it_needs()
    {
        foreach (var (name, service) in Demo.Entries("services"))
        {
            service.Text("restart").ShouldBe("unless-stopped", name);
            service.Texts("healthcheck", "test").Count.ShouldBeGreaterThan(1, name);
            foreach (var (other, condition) in service.Entries("depends_on"))
            {
                condition.Text("condition").ShouldBe("service_healthy", name);
                Demo.At("services", other).ShouldNotBeNull();
            }
        }

        Demo.Entries("services", "nginx", "depends_on").ShouldHaveSingleItem().Name.ShouldBe("notifier");
        Demo.Entries("services", "notifier", "depends_on").ShouldHaveSingleItem().Name.ShouldBe("redis");
    }

    [Fact]
    public void Redis_keeps_on_disk_what_it_has_acknowledged_in_the_demo_and_in_production()
    {
        foreach (var file in new[] { Demo, Production })
        {
            var command = file.Texts("services", "redis", "command");
            OptionOf(command, "--appendonly").ShouldBe("yes");
            OptionOf(command, "--appendfsync").ShouldBe("always");
            OptionOf(command, "--maxmemory-policy").ShouldBe("noeviction");
        }

        var volume = Demo.Texts("services", "redis", "volumes").ShouldHaveSingleItem().Split(':');
        Demo.Entries("volumes").Select(entry => entry.Name).ShouldContain(volume[0]);
        volume[1].ShouldBe("/data");
    }

    [Fact]
    public void Production_lays_itself_over_services_of_the_demo_and_starts_with_no_secret_missing()
    {
        foreach (var (name, _) in Production.Entries("services")) Demo.At("services", name).ShouldNotBeNull(name);
        Demo.Text("services", "notifier", "environment", "ASPNETCORE_ENVIRONMENT").ShouldBe("Development");
        Production.Text("services", "notifier", "environment", "ASPNETCORE_ENVIRONMENT").ShouldBe("Production");

        // ":?" ends the start where a variable is unset or empty.
        Production.Text("services", "notifier", "environment", "Auth__SigningKey")!.ShouldStartWith("${NOTIFIER_SIGNING_KEY:?");
        Production.Text("services", "notifier", "environment", "Redis__Configuration")!.ShouldContain("password=${NOTIFIER_REDIS_PASSWORD:?");
        OptionOf(Production.Texts("services", "redis", "command"), "--requirepass").ShouldStartWith("${NOTIFIER_REDIS_PASSWORD:?");
        Production.Text("services", "redis", "environment", "REDISCLI_AUTH")!.ShouldStartWith("${NOTIFIER_REDIS_PASSWORD:?");
    }

    [Fact]
    public void The_names_that_containers_call_each_other_by_are_services()
    {
        var services = Demo.Entries("services").Select(entry => entry.Name).ToList();
        var site = File.ReadAllText(Path.Combine(Repository.Root, "deploy", "nginx", "site.conf"));

        services.ShouldContain(Upstream().Match(site).Groups[1].Value);
        foreach (var file in new[] { Demo, Production }) services.ShouldContain(file.Text("services", "notifier", "environment", "Redis__Configuration")!.Split(':')[0]);
    }

    [Fact]
    public void Every_path_that_is_mounted_or_included_exists()
    {
        var mount = Demo.Texts("services", "nginx", "volumes").ShouldHaveSingleItem().Split(':');
        var command = Demo.Texts("services", "nginx", "command");
        var file = OptionOf(command, "-c");
        var folder = Path.Combine(Repository.Root, mount[0]);

        mount[2].ShouldBe("ro");
        file.ShouldStartWith(mount[1] + "/");
        File.Exists(Path.Combine(folder, file[(mount[1].Length + 1)..])).ShouldBeTrue(file);
        foreach (var configuration in Directory.GetFiles(folder))
        {
            foreach (Match include in Include().Matches(File.ReadAllText(configuration))) File.Exists(Path.Combine(folder, include.Groups[1].Value)).ShouldBeTrue(include.Value);
        }

        File.Exists(Path.Combine(Repository.Root, Demo.Text("services", "notifier", "build")!, "Dockerfile")).ShouldBeTrue();
    }

    [Theory]
    [InlineData("docker-compose.yml", ".env.example")]
    [InlineData("docker-compose.production.yml", ".env.production.example")]
    public void Every_variable_of_a_compose_file_is_in_its_example(string compose, string example)
    {
        var asked = Variable().Matches(Read(compose)).Select(match => match.Groups[1].Value).Distinct().ToList();
        var offered = Read(example).Split('\n').Where(line => line.Contains('=', StringComparison.Ordinal) && !line.StartsWith('#')).Select(line => line.Split('=')[0]).ToList();
        if (compose != "docker-compose.yml") asked.AddRange(Variable().Matches(Read("docker-compose.yml")).Select(match => match.Groups[1].Value));

        asked.ShouldNotBeEmpty();
        offered.Order().ShouldBe(asked.Distinct().Order());
    }

    [Fact]
    public void Settings_of_the_service_are_settings_that_the_docs_know()
    {
        var docs = Read("docs/settings.md");
        var image = EnvironmentOfImage().Matches(Read("Dockerfile")).Select(match => match.Groups[1].Value);
        var compose = new[] { Demo, Production }.SelectMany(file => file.Entries("services", "notifier", "environment")).Select(entry => entry.Name);

        foreach (var name in image.Concat(compose).Where(name => name.Contains("__", StringComparison.Ordinal))) docs.ShouldContain($"`{name.Replace("__", ":", StringComparison.Ordinal)}`");
    }

    private static string Read(string path) => File.ReadAllText(Path.Combine(Repository.Root, path));

    private static string OptionOf(List<string> command, string option) => command[command.IndexOf(option) + 1];

    [GeneratedRegex(@"default\s+([a-z]+):3001;")]
    private static partial Regex Upstream();

    [GeneratedRegex(@"^\s*include\s+([^;]+);", RegexOptions.Multiline)]
    private static partial Regex Include();

    [GeneratedRegex(@"\$\{([A-Z_]+)")]
    private static partial Regex Variable();

    [GeneratedRegex(@"([A-Za-z_]+__[A-Za-z_]+)=")]
    private static partial Regex EnvironmentOfImage();
}
