using Notifier.Core.Topics;

namespace Notifier.Api.Queries.Caching;

/// <summary>To whom one cached answer may be given, and what drops it.</summary>
/// <param name="Kind">What it is made of.</param>
/// <param name="Topic">The topic that it shows; null: all that its reader may see.</param>
/// <param name="Readers">Callers with equal values get equal answers; empty where the right to read the topic is all that counts.</param>
internal sealed record AnswerScope(AnswerKind Kind, TopicName? Topic, string Readers = "");
