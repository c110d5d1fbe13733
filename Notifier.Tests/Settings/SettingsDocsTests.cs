using System.Reflection;
using Notifier.Api.Settings;
using Notifier.Core.Settings;
using Notifier.Tests.Support;

namespace Notifier.Tests.Settings;

public sealed class SettingsDocsTests
{
    [Fact]
    public void Every_setting_stands_in_the_docs_with_its_range_and_no_other_does()
    {
        var docs = File.ReadAllLines(Path.Combine(Repository.Root, "docs", "settings.md"))
            .Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .ToDictionary(line => line.Split('`')[1], line => line.Split('|').Select(cell => cell.Trim()).ToArray());

        var settings = typeof(NotifierSettings).GetProperties()
            .Where(section => section.PropertyType.Name.EndsWith("Options", StringComparison.Ordinal))
            .SelectMany(section => section.PropertyType.GetProperties().Where(p => p.CanWrite).Select(p => (Name: $"{section.Name}:{p.Name}", Property: p)))
            .ToArray();

        docs.Keys.ShouldBe(settings.Select(s => s.Name), ignoreOrder: true);
        foreach (var (name, property) in settings)
        {
            if (property.GetCustomAttribute<SettingAttribute>() is { } range) docs[name][3].ShouldBe($"{range.Min} to {range.Max}", name);
        }
    }
}
