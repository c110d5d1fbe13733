using Notifier.Core.Events;

namespace Notifier.Tests.Faults;

/// <summary>
/// Holds what a client was shown against what was acknowledged: every acknowledged event exactly once and in order, or a gap that covers it.
/// An event that nobody acknowledged may be shown (its answer was lost), but not twice either.
/// </summary>
internal static class DeliveryChecker
{
    /// <summary>What is wrong with what <paramref name="client"/> was shown in one topic; empty where nothing is.</summary>
    public static List<string> Check(string client, IEnumerable<Acknowledged> acknowledged, IReadOnlyList<Sighting> sightings)
    {
        var wrong = new List<string>();
        var expected = acknowledged.OrderBy(a => a.Position).ToArray();
        if (sightings is not [Sighting.Start start, ..])
        {
            return [$"{client} was never told where it starts"];
        }

        var reader = start.Position;
        var gaps = new HashSet<(LogPosition, LogPosition)>();
        var shown = new Dictionary<string, LogPosition>(StringComparer.Ordinal);
        var wanted = expected.ToDictionary(a => a.Position);
        foreach (var sighting in sightings)
        {
            switch (sighting)
            {
                case Sighting.Start again when again.Position != reader:
                    wrong.Add($"{client} came back with {reader} and was started at {again.Position}");
                    break;
                case Sighting.Event seen:
                    if (seen.Position <= reader) wrong.Add($"{client} was shown {seen.Position} after {reader}");
                    if (!shown.TryAdd(seen.Text, seen.Position)) wrong.Add($"{client} was shown '{seen.Text}' twice, as {shown[seen.Text]} and as {seen.Position}");
                    if (wanted.TryGetValue(seen.Position, out var same) && same.Text != seen.Text) wrong.Add($"{client} was shown '{seen.Text}' as {seen.Position}, which is '{same.Text}'");
                    Miss(reader, seen.Position);
                    reader = seen.Position;
                    break;
                case Sighting.Gap gap:
                    if (gap.After != reader) wrong.Add($"{client} stood at {reader} and was told of a gap after {gap.After}");
                    if (!gaps.Add((gap.After, gap.Position))) wrong.Add($"{client} was told twice of the gap from {gap.After} to {gap.Position}");
                    reader = gap.Position;
                    break;
            }
        }

        Miss(reader, new(ulong.MaxValue, 0));
        return wrong;

        void Miss(LogPosition after, LogPosition before) => wrong.AddRange(expected
            .Where(a => a.Position > after && a.Position < before && !shown.ContainsKey(a.Text))
            .Select(a => $"{client} missed '{a.Text}', {a.Position}, between {after} and {before}"));
    }

    /// <summary>What is wrong with a log that holds <paramref name="stored"/>: acknowledged events that are not there, twice there, or elsewhere.</summary>
    public static List<string> CheckLog(IEnumerable<Acknowledged> acknowledged, IReadOnlyList<Sighting.Event> stored)
    {
        var wrong = new List<string>();
        var positions = stored.ToLookup(s => s.Text, s => s.Position);
        wrong.AddRange(positions.Where(p => p.Count() > 1).Select(p => $"the log holds '{p.Key}' {p.Count()} times"));
        foreach (var a in acknowledged)
        {
            if (!positions.Contains(a.Text)) wrong.Add($"the log has lost '{a.Text}', {a.Position}");
            else if (!positions[a.Text].Contains(a.Position)) wrong.Add($"the log holds '{a.Text}' as {positions[a.Text].First()}, and {a.Position} was acknowledged");
        }

        return wrong;
    }
}
