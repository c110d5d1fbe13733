using Notifier.Tests.Browser;
using Notifier.Tests.Docs;
using Notifier.Tests.Faults;
using Notifier.Tests.Hostile;
using Notifier.Tests.Presence;
using Notifier.Tests.Streams;
using Xunit.Abstractions;

[assembly: TestCollectionOrderer("Notifier.Tests.Support.RunOrder", "Notifier.Tests")]

namespace Notifier.Tests.Support;

/// <summary>
/// The longest first, or a run would end with one of them alone; and the collection that looks at the whole run after all others, those that run alone
/// among them.
/// </summary>
public sealed class RunOrder : ITestCollectionOrderer
{
    // What takes half a minute and more.
    private static readonly string[] Longest =
    [
        BrowserLane.One, BrowserLane.Two, nameof(DeliveryUnderFaultTests), nameof(PresenceUnderFaultTests), nameof(LostLogTests),
        nameof(SlowRequestTests), nameof(SnippetTests), nameof(StreamLifeTests), nameof(RedisPresenceTests), nameof(EmbeddedPresenceTests),
    ];

    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) =>
        testCollections.OrderBy(collection => collection.DisplayName == WholeRunCollection.Name).ThenBy(Place).ThenBy(collection => collection.DisplayName, StringComparer.Ordinal);

    private static int Place(ITestCollection collection)
    {
        // A class that is its own collection ends the collection's name.
        var place = Array.FindIndex(Longest, name => collection.DisplayName == name || collection.DisplayName.EndsWith($".{name}", StringComparison.Ordinal));
        return place < 0 ? Longest.Length : place;
    }
}
