using YamlDotNet.RepresentationModel;

namespace Notifier.Tests.Support;

/// <summary>A YAML file of the repository, walked by keys.</summary>
internal static class YamlFile
{
    /// <summary>Its root.</summary>
    public static YamlNode Read(params string[] path) => ReadAll(path).ShouldHaveSingleItem();

    /// <summary>The roots of all documents that it holds.</summary>
    public static List<YamlNode> ReadAll(params string[] path) => Parse(File.ReadAllText(Path.Combine([Repository.Root, .. path])));

    /// <summary>The roots of the documents of a text.</summary>
    public static List<YamlNode> Parse(string text)
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(text));
        return [.. yaml.Documents.Select(document => document.RootNode)];
    }

    /// <summary>What is under these keys; null where there is nothing.</summary>
    public static YamlNode? At(this YamlNode node, params string[] keys)
    {
        var found = node;
        foreach (var key in keys)
        {
            if (found is not YamlMappingNode mapping || !mapping.Children.TryGetValue(new YamlScalarNode(key), out found!)) return null;
        }

        return found;
    }

    /// <summary>The text under these keys; null where there is none.</summary>
    public static string? Text(this YamlNode node, params string[] keys) => (node.At(keys) as YamlScalarNode)?.Value;

    /// <summary>The texts of the list under these keys; none where there is no list.</summary>
    public static List<string> Texts(this YamlNode node, params string[] keys) =>
        [.. (node.At(keys) as YamlSequenceNode ?? []).OfType<YamlScalarNode>().Select(item => item.Value!)];

    /// <summary>The names and nodes under these keys; none where there is no mapping.</summary>
    public static IEnumerable<(string Name, YamlNode Node)> Entries(this YamlNode node, params string[] keys) =>
        (node.At(keys) as YamlMappingNode ?? []).Children.Select(entry => (((YamlScalarNode)entry.Key).Value!, entry.Value));
}
