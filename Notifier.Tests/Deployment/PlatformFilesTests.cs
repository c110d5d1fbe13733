using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Notifier.Core.Settings;
using Notifier.Tests.Support;
using YamlDotNet.RepresentationModel;

namespace Notifier.Tests.Deployment;

/// <summary>The files for systemd, Fly and Render: read by systemd's own tool, a TOML parser and a YAML parser. No platform ran them.</summary>
public sealed partial class PlatformFilesTests
{
    private static readonly int SecondsToEnd = new StreamOptions().DrainSeconds + 5;
    private static readonly string Unit = File.ReadAllText(Path.Combine(Repository.Root, "deploy", "systemd", "notifier.service"));

    [SkippableFact]
    public async Task The_unit_is_one_that_systemd_takes_and_leaves_the_service_little()
    {
        var analyze = Tool.Required("systemd-analyze", "systemd");
        var dotnet = Path.Combine(Path.GetDirectoryName(typeof(object).Assembly.Location)!, "..", "..", "..", "dotnet");
        using var folder = new ScratchFolder();
        var unit = Path.Combine(folder.Path, "notifier.service");
        Unit.ShouldContain("ExecStart=/usr/bin/dotnet ");
        await File.WriteAllTextAsync(unit, Unit.Replace("ExecStart=/usr/bin/dotnet ", $"ExecStart={Path.GetFullPath(dotnet)} ", StringComparison.Ordinal));

        // It says what it does not know, and ends well all the same.
        (await Tool.RunWellAsync(analyze, folder.Path, "verify", "--man=no", unit)).ShouldNotContain(unit);
        await Tool.RunWellAsync(analyze, folder.Path, "security", "--offline=true", "--threshold=30", unit);
    }

    [Fact]
    public void The_unit_gives_streams_time_to_go_and_keeps_secrets_out_of_itself()
    {
        int.Parse(Value("TimeoutStopSec"), CultureInfo.InvariantCulture).ShouldBeGreaterThanOrEqualTo(SecondsToEnd);
        Value("KillSignal").ShouldBe("SIGTERM");
        Unit.ShouldContain($"Log__Path=/var/lib/{Value("StateDirectory")}\n");
        Value("EnvironmentFile").ShouldStartWith("/etc/");
        Unit.ShouldNotContain("Environment=Auth__");
    }

    [SkippableFact]
    public async Task Fly_keeps_its_machines_counts_connections_and_sends_traffic_to_what_is_ready()
    {
        var python = Tool.Required("python3", "python3");
        var json = await Tool.RunWellAsync(
            python, Path.Combine(Repository.Root, "deploy"), "-c", "import json, sys, tomllib; json.dump(tomllib.load(open('fly.toml', 'rb')), sys.stdout)");
        using var fly = JsonDocument.Parse(json);
        var service = fly.RootElement.GetProperty("http_service");

        service.GetProperty("auto_stop_machines").GetString().ShouldBe("off");
        service.GetProperty("concurrency").GetProperty("type").GetString().ShouldBe("connections");
        service.GetProperty("checks")[0].GetProperty("path").GetString().ShouldBe("/readyz");
        fly.RootElement.GetProperty("kill_signal").GetString().ShouldBe("SIGTERM");
        Seconds(fly.RootElement.GetProperty("kill_timeout").GetString()!).ShouldBeGreaterThanOrEqualTo(SecondsToEnd);
        fly.RootElement.GetProperty("metrics").GetProperty("port").GetInt32().ToString(CultureInfo.InvariantCulture)
            .ShouldBe(fly.RootElement.GetProperty("env").GetProperty("Operations__Port").GetString());
        ImageListensOn(service.GetProperty("internal_port").GetInt32());
    }

    [Fact]
    public void Render_finds_its_files_and_its_Redis_and_waits_for_streams_to_go()
    {
        var services = (YamlSequenceNode)YamlFile.Read("deploy", "render.yaml").At("services")!;
        var web = services.Where(service => service.Text("type") == "web").ShouldHaveSingleItem();
        var redis = services.Where(service => service.Text("type") == "keyvalue").ShouldHaveSingleItem();

        web.Text("healthCheckPath").ShouldBe("/readyz");
        File.Exists(Path.Combine(Repository.Root, web.Text("dockerfilePath")!)).ShouldBeTrue();
        int.Parse(web.Text("maxShutdownDelaySeconds")!, CultureInfo.InvariantCulture).ShouldBeGreaterThanOrEqualTo(SecondsToEnd);
        redis.Text("maxmemoryPolicy").ShouldBe("noeviction");
        foreach (var variable in ((YamlSequenceNode)web.At("envVars")!).Where(variable => variable.At("fromService") is not null))
        {
            variable.Text("fromService", "name").ShouldBe(redis.Text("name"));
            web.Text("dockerCommand")!.ShouldContain($"${variable.Text("key")}");
        }
    }

    private static string Value(string name) => Unit.Split('\n').Where(line => line.StartsWith($"{name}=", StringComparison.Ordinal)).ShouldHaveSingleItem()[(name.Length + 1)..];

    private static int Seconds(string text) => int.Parse(text.TrimEnd('s'), CultureInfo.InvariantCulture);

    private static void ImageListensOn(int port) =>
        Address().Match(File.ReadAllText(Path.Combine(Repository.Root, "Dockerfile"))).Groups[1].Value.ShouldBe(port.ToString(CultureInfo.InvariantCulture));

    [GeneratedRegex(@"ASPNETCORE_URLS=http://\*:(\d+)")]
    private static partial Regex Address();
}
