using System.Text.Json;
using System.Text.RegularExpressions;
using Notifier.Tests.Support;
using YamlDotNet.RepresentationModel;

namespace Notifier.Tests.Deployment;

/// <summary>What Prometheus and Grafana are given: read by Prometheus' own tool, and made of metrics that exist.</summary>
public sealed partial class MonitoringTests
{
    private static readonly string Folder = Path.Combine(Repository.Root, "deploy", "prometheus");
    private static readonly string Dashboard = File.ReadAllText(Path.Combine(Repository.Root, "deploy", "grafana", "dashboards", "notifier.json"));

    [SkippableFact]
    public async Task Each_alert_fires_where_something_is_wrong_and_none_in_a_quiet_hour()
    {
        var promtool = Tool.Required("promtool", "prometheus");

        await Tool.RunWellAsync(promtool, Folder, "check", "config", "prometheus.yml");
        await Tool.RunWellAsync(promtool, Folder, "test", "rules", "alerts.test.yml");

        var tested = File.ReadAllText(Path.Combine(Folder, "alerts.test.yml"));
        foreach (var alert in Alerts()) tested.ShouldContain($"alertname=\"{alert}\"");
    }

    [Fact]
    public void Alerts_say_what_happened_what_to_do_and_whether_to_wake_somebody()
    {
        foreach (var rule in YamlFile.Read("deploy", "prometheus", "alerts.yml").At("groups").ShouldBeOfType<YamlSequenceNode>()
            .SelectMany(group => (YamlSequenceNode)group.At("rules")!))
        {
            var name = rule.Text("alert");
            rule.Text("annotations", "summary").ShouldNotBeNullOrEmpty(name);
            rule.Text("annotations", "description").ShouldNotBeNullOrEmpty(name);
            new[] { "page", "warn" }.ShouldContain(rule.Text("labels", "severity"));
        }
    }

    [SkippableFact]
    public async Task Every_query_of_the_dashboard_is_one()
    {
        var promtool = Tool.Required("promtool", "prometheus");
        using var folder = new ScratchFolder();
        var rules = Queries().Select((query, i) => new { record = $"query:{i}", expr = query.Replace("$__rate_interval", "1m", StringComparison.Ordinal).Replace("$instance", ".*", StringComparison.Ordinal) });
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "queries.yml"), JsonSerializer.Serialize(new { groups = new[] { new { name = "dashboard", rules } } }));

        (await Tool.RunWellAsync(promtool, folder.Path, "check", "rules", "queries.yml")).ShouldContain($"SUCCESS: {Queries().Count} rules found");
    }

    [Fact]
    public void Every_metric_that_is_asked_for_is_one_that_the_service_has()
    {
        var alerts = File.ReadAllText(Path.Combine(Folder, "alerts.yml"));
        var asked = string.Join('\n', [.. Queries(), alerts, File.ReadAllText(Path.Combine(Repository.Root, "deploy", "kubernetes", "autoscaler.yaml"))]);
        var names = Metric().Matches(asked).Select(match => Suffix().Replace(match.Value, "")).Distinct().ToList();
        var known = Instrument().Matches(File.ReadAllText(Path.Combine(Repository.Root, "docs", "metrics.md"))).Select(match => match.Groups[1].Value.Replace('.', '_')).ToHashSet(StringComparer.Ordinal);

        names.Count.ShouldBeGreaterThan(15);
        names.Where(name => !known.Contains(name)).ShouldBeEmpty();
    }

    [Fact]
    public void Panels_have_a_place_of_their_own_a_title_and_a_source_that_is_provisioned()
    {
        using var dashboard = JsonDocument.Parse(Dashboard);
        var source = YamlFile.Read("deploy", "grafana", "provisioning", "datasources", "prometheus.yml");
        var uid = Source().Match(File.ReadAllText(Path.Combine(Repository.Root, "deploy", "grafana", "provisioning", "datasources", "prometheus.yml"))).Groups[1].Value;
        var cells = new HashSet<(int, int)>();

        source.Text("apiVersion").ShouldBe("1");
        foreach (var panel in dashboard.RootElement.GetProperty("panels").EnumerateArray())
        {
            var title = panel.GetProperty("title").GetString();
            title.ShouldNotBeNullOrEmpty();
            panel.GetProperty("datasource").GetProperty("uid").GetString().ShouldBe(uid, title);
            var (x, y, w, h) = (Place(panel, "x"), Place(panel, "y"), Place(panel, "w"), Place(panel, "h"));
            (x + w).ShouldBeLessThanOrEqualTo(24, title);
            for (var i = x; i < x + w; i++)
            {
                for (var j = y; j < y + h; j++) cells.Add((i, j)).ShouldBeTrue($"{title} lies on another panel.");
            }
        }
    }

    [Fact]
    public void The_profile_mounts_files_that_are_there_and_scrapes_the_port_of_operations()
    {
        var compose = YamlFile.Read("docker-compose.yml");

        foreach (var name in new[] { "prometheus", "grafana" })
        {
            compose.Texts("services", name, "profiles").ShouldBe(["metrics"]);
            foreach (var mount in compose.Texts("services", name, "volumes").Where(volume => volume.StartsWith('.')))
            {
                mount.ShouldEndWith(":ro");
                Directory.Exists(Path.Combine(Repository.Root, mount.Split(':')[0])).ShouldBeTrue(mount);
            }
        }

        var port = compose.Text("services", "notifier", "environment", "Operations__Port");
        File.ReadAllText(Path.Combine(Folder, "prometheus.yml")).ShouldContain($"port: {port}\n");
        compose.Text("services", "grafana", "environment", "GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH").ShouldBe("/etc/grafana/dashboards/notifier.json");
    }

    private static int Place(JsonElement panel, string name) => panel.GetProperty("gridPos").GetProperty(name).GetInt32();

    private static List<string> Alerts() => [.. Alert().Matches(File.ReadAllText(Path.Combine(Folder, "alerts.yml"))).Select(match => match.Groups[1].Value)];

    private static List<string> Queries()
    {
        using var dashboard = JsonDocument.Parse(Dashboard);
        return [.. dashboard.RootElement.GetProperty("panels").EnumerateArray()
            .SelectMany(panel => panel.GetProperty("targets").EnumerateArray()).Select(target => target.GetProperty("expr").GetString()!)];
    }

    [GeneratedRegex(@"- alert: (\w+)")]
    private static partial Regex Alert();

    [GeneratedRegex(@"\bnotifier_[a-z_]+")]
    private static partial Regex Metric();

    [GeneratedRegex("(_seconds|_bytes)?(_bucket|_sum|_count|_total)?$")]
    private static partial Regex Suffix();

    [GeneratedRegex(@"`(notifier\.[a-z.]+)`")]
    private static partial Regex Instrument();

    [GeneratedRegex(@"uid: (\S+)")]
    private static partial Regex Source();
}
