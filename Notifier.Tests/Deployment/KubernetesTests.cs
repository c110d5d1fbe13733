using System.Globalization;
using Notifier.Tests.Docs;
using Notifier.Tests.Support;
using YamlDotNet.RepresentationModel;

namespace Notifier.Tests.Deployment;

/// <summary>What the manifests promise, that their names lead to each other, and that kubectl sends them. No cluster runs them here.</summary>
public sealed class KubernetesTests
{
    private static readonly List<YamlNode> Objects =
        [.. YamlFile.Read("deploy", "kubernetes", "kustomization.yaml").Texts("resources").SelectMany(file => YamlFile.ReadAll("deploy", "kubernetes", file))];

    private static readonly YamlNode Deployment = Find("Deployment", "notifier");
    private static readonly YamlNode Container = Item(Deployment.At("spec", "template", "spec", "containers"), "notifier");

    [Fact]
    public void Every_object_says_what_it_is_and_there_is_one_of_each_name()
    {
        foreach (var one in Objects)
        {
            one.Text("apiVersion").ShouldNotBeNullOrEmpty();
            one.Text("metadata", "name").ShouldNotBeNullOrEmpty();
        }

        Objects.Select(one => (one.Text("kind"), one.Text("metadata", "name"))).ShouldBeUnique();
    }

    [Fact]
    public void A_pod_is_alive_while_it_serves_and_ready_while_it_has_its_store()
    {
        Container.Text("livenessProbe", "httpGet", "path").ShouldBe("/healthz");
        Container.Text("readinessProbe", "httpGet", "path").ShouldBe("/readyz");
        var ports = ((YamlSequenceNode)Container.At("ports")!).Select(port => port.Text("name")).ToList();

        ports.ShouldContain(Container.Text("livenessProbe", "httpGet", "port"));
        ports.ShouldContain(Container.Text("readinessProbe", "httpGet", "port"));
        Item(Container.At("env"), "Operations__Port").Text("value").ShouldBe(Item(Container.At("ports"), "operations").Text("containerPort"));
    }

    [Fact]
    public void A_pod_that_goes_has_time_to_be_forgotten_and_to_let_its_streams_go()
    {
        var preStop = int.Parse(Container.Texts("lifecycle", "preStop", "exec", "command")[^1], CultureInfo.InvariantCulture);
        var grace = int.Parse(Deployment.Text("spec", "template", "spec", "terminationGracePeriodSeconds")!, CultureInfo.InvariantCulture);

        preStop.ShouldBePositive();
        grace.ShouldBeGreaterThanOrEqualTo(preStop + new Core.Settings.StreamOptions().DrainSeconds + 5);
        Deployment.Text("spec", "strategy", "rollingUpdate", "maxUnavailable").ShouldBe("0");
        Find("PodDisruptionBudget", "notifier").Text("spec", "maxUnavailable").ShouldBe("1");
    }

    [Fact]
    public void Whatever_selects_pods_selects_these_and_no_client_is_tied_to_one()
    {
        var labels = Deployment.Text("spec", "template", "metadata", "labels", "app");

        Deployment.Text("spec", "selector", "matchLabels", "app").ShouldBe(labels);
        Find("Service", "notifier").Text("spec", "selector", "app").ShouldBe(labels);
        Find("Service", "notifier").At("spec", "sessionAffinity").ShouldBeNull();
        Find("PodDisruptionBudget", "notifier").Text("spec", "selector", "matchLabels", "app").ShouldBe(labels);
        Find("StatefulSet", "redis").Text("spec", "template", "metadata", "labels", "app").ShouldBe(Find("Service", "redis").Text("spec", "selector", "app"));
        var path = ((YamlSequenceNode)((YamlSequenceNode)Find("Ingress", "notifier").At("spec", "rules")!)[0].At("http", "paths")!)[0];
        path.Text("backend", "service", "name").ShouldBe("notifier");
        path.Text("backend", "service", "port", "name").ShouldBe("http");
    }

    [Fact]
    public void It_scales_on_streams_and_goes_down_slowly()
    {
        var autoscaler = Find("HorizontalPodAutoscaler", "notifier");
        var metric = ((YamlSequenceNode)autoscaler.At("spec", "metrics")!)[0];

        autoscaler.Text("spec", "scaleTargetRef", "name").ShouldBe("notifier");
        metric.Text("pods", "metric", "name").ShouldBe("notifier_streams_open");
        File.ReadAllText(Path.Combine(Repository.Root, "deploy", "kubernetes", "prometheus-adapter.yaml")).ShouldContain("seriesQuery: notifier_streams_open{");
        YamlFile.Read("deploy", "kubernetes", "prometheus-adapter.yaml").At("rules", "custom").ShouldNotBeNull();
        int.Parse(autoscaler.Text("spec", "behavior", "scaleDown", "stabilizationWindowSeconds")!, CultureInfo.InvariantCulture).ShouldBeGreaterThanOrEqualTo(600);
        Deployment.At("spec", "replicas").ShouldBeNull("The autoscaler would be reset with every apply.");
    }

    [Fact]
    public void Containers_may_nothing_and_secrets_come_from_a_secret()
    {
        foreach (var kind in new[] { Deployment, Find("StatefulSet", "redis") })
        {
            var pod = kind.At("spec", "template", "spec")!;
            pod.Text("securityContext", "runAsNonRoot").ShouldBe("true");
            pod.Text("automountServiceAccountToken").ShouldBe("false");
            foreach (var container in (YamlSequenceNode)pod.At("containers")!)
            {
                container.Text("securityContext", "allowPrivilegeEscalation").ShouldBe("false");
                container.Text("securityContext", "readOnlyRootFilesystem").ShouldBe("true");
                container.Texts("securityContext", "capabilities", "drop").ShouldBe(["ALL"]);
                container.Text("resources", "limits", "memory").ShouldNotBeNullOrEmpty();
            }
        }

        foreach (var name in new[] { "Auth__SigningKey", "Redis__Configuration" }) Item(Container.At("env"), name).At("valueFrom", "secretKeyRef").ShouldNotBeNull(name);
        var docs = File.ReadAllText(Path.Combine(Repository.Root, "docs", "settings.md"));
        foreach (var variable in (YamlSequenceNode)Container.At("env")!)
        {
            var name = variable.Text("name")!;
            if (name.Contains("__", StringComparison.Ordinal)) docs.ShouldContain($"`{name.Replace("__", ":", StringComparison.Ordinal)}`");
        }
    }

    [Fact]
    public void Redis_keeps_on_disk_what_it_has_acknowledged()
    {
        var redis = Item(Find("StatefulSet", "redis").At("spec", "template", "spec", "containers"), "redis");
        var command = string.Join(' ', redis.Texts("command"));

        command.ShouldContain("--appendonly yes");
        command.ShouldContain("--appendfsync always");
        command.ShouldContain("--maxmemory-policy noeviction");
        Item(redis.At("volumeMounts"), "data").Text("mountPath").ShouldBe("/data");
    }

    [SkippableFact]
    public async Task The_commands_of_the_docs_send_every_object_to_the_cluster()
    {
        Tool.Required("kubectl", "kubernetes-client");
        var bash = Tool.Required("bash", "bash");
        Tool.Required("openssl", "openssl");
        await using var cluster = await StandInCluster.StartAsync();
        using var folder = new ScratchFolder();
        var config = Path.Combine(folder.Path, "config");
        cluster.WriteConfig(config);

        // The stand-in has no schemas to check fields against.
        var script = $$"""
            set -euo pipefail
            export KUBECONFIG='{{config}}' HOME='{{folder.Path}}' PASSWORD=secret
            kubectl() { command kubectl "$@" --validate=false; }
            cd '{{Repository.Root}}'
            {{Snippet.Of(nameof(KubernetesTests)).Text}}
            """;
        await Tool.RunWellAsync(bash, folder.Path, "-c", script);

        cluster.Created.Select(one => one.Kind).ShouldBe(Objects.Select(one => one.Text("kind")!).Append("Secret"), ignoreOrder: true);
        foreach (var one in Objects) cluster.Created.ShouldContain(sent => sent.Kind == one.Text("kind") && sent.Text.Contains(one.Text("metadata", "name")!, StringComparison.Ordinal));
        var secret = cluster.Created.Single(one => one.Kind == "Secret").Text;
        foreach (var key in Objects.SelectMany(one => one.AllNodes).Select(node => node.Text("secretKeyRef", "key")).OfType<string>()) secret.ShouldContain(key);
    }

    private static YamlNode Find(string kind, string name) =>
        Objects.Where(one => one.Text("kind") == kind && one.Text("metadata", "name") == name).ShouldHaveSingleItem();

    private static YamlNode Item(YamlNode? list, string name) => ((YamlSequenceNode)list!).Where(item => item.Text("name") == name).ShouldHaveSingleItem();
}
