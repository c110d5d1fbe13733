namespace Notifier.Core.Topics;

/// <summary>A pattern of room names in a token: <c>general</c>, <c>class:*</c>, <c>*</c>. A star stands for any run of characters.</summary>
public readonly record struct TopicPattern(string Value)
{
    /// <summary>True where the whole of <paramref name="room"/> fits the pattern. Case counts.</summary>
    public bool Matches(ReadOnlySpan<char> room)
    {
        ReadOnlySpan<char> pattern = Value;
        int at = 0, star = -1, resume = 0;
        for (var i = 0; i < room.Length;)
        {
            if (at < pattern.Length && pattern[at] == '*')
            {
                star = at++;
                resume = i;
            }
            else if (at < pattern.Length && pattern[at] == room[i])
            {
                at++;
                i++;
            }
            else if (star >= 0)
            {
                // Only the last star is ever retried, so a hostile pattern costs the product of the lengths at most.
                at = star + 1;
                i = ++resume;
            }
            else
            {
                return false;
            }
        }

        return pattern[at..].TrimStart('*').IsEmpty;
    }
}
