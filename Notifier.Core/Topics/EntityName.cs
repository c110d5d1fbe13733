using System.Buffers;

namespace Notifier.Core.Topics;

/// <summary>The rule for names of rooms, users, tracks and lessons (CONTRACT 1).</summary>
public static class EntityName
{
    /// <summary>Longest name, in characters.</summary>
    public const int MaxLength = 128;

    /// <summary>The rule as a sentence for a caller who broke it.</summary>
    public const string Rule = "takes 1 to 128 characters of A-Z a-z 0-9 . _ ~ : -, the first a letter or a digit";

    private static readonly SearchValues<char> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~:-");

    /// <summary>True where <paramref name="name"/> keeps the <see cref="Rule"/>.</summary>
    public static bool IsValid(ReadOnlySpan<char> name) =>
        name.Length is >= 1 and <= MaxLength && char.IsAsciiLetterOrDigit(name[0]) && !name.ContainsAnyExcept(Allowed);
}
