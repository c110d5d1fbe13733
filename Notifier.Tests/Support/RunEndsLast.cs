using Xunit.Abstractions;

[assembly: TestCollectionOrderer("Notifier.Tests.Support.RunEndsLast", "Notifier.Tests")]

namespace Notifier.Tests.Support;

/// <summary>Lets the collection that looks at the whole run begin after all others, those that run alone among them.</summary>
public sealed class RunEndsLast : ITestCollectionOrderer
{
    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) =>
        testCollections.OrderBy(collection => collection.DisplayName == WholeRunCollection.Name).ThenBy(collection => collection.UniqueID);
}
