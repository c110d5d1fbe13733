using System.Buffers;
using System.Collections.Concurrent;
using System.Text.Json;

namespace Notifier.Tests.Support;

/// <summary>
/// What a whole run of the tests must keep apart: the log lines of every service that they start, in one file under the tests' output, and what was secret
/// in it: tokens, tickets, and the texts that people sent.
/// </summary>
internal sealed class RunRecord(string path) : IDisposable
{
    /// <summary>Shorter parts of a token, like the one that names its algorithm, are in no line a secret.</summary>
    private const int MinCredentialLength = 20;

    /// <summary>A shorter text may stand in a line by chance, and so may a single word, which can be a name too, but for one that a test calls private.</summary>
    private const int MinTextLength = 12;

    private const int MaxNeedleLength = 64;
    private const int MaxTexts = 20_000;

    private static readonly string[] TextMembers = ["text", "title", "message", "data"];

    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<string, byte> _secrets = new(StringComparer.Ordinal);
    private StreamWriter? _writer;
    private int _texts;

    /// <summary>That of this process.</summary>
    public static RunRecord OfThisRun { get; } = new(Path.Combine(AppContext.BaseDirectory, "run-lines", "lines.log"));

    public int Secrets => _secrets.Count;

    public int Lines { get; private set; }

    public void KeepLine(string line)
    {
        lock (_gate)
        {
            if (_writer is null)
            {
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                _writer = new(path, append: false);
            }

            _writer.WriteLine(line);
            Lines++;
        }
    }

    /// <summary>Remembers a token or a ticket: each of its parts that only it can hold.</summary>
    public string KeepCredential(string credential)
    {
        var parts = credential.Split('.');
        foreach (var part in parts.Length == 3 ? parts[1..] : [credential])
        {
            if (part.Length >= MinCredentialLength && part.Distinct().Count() > 4) _secrets.TryAdd(part[..Math.Min(part.Length, MaxNeedleLength)], 0);
        }

        return credential;
    }

    /// <summary>Remembers the texts of a command's body that stand in no line by chance.</summary>
    public void KeepTexts(string json)
    {
        if (_texts > MaxTexts) return;
        try
        {
            using var body = JsonDocument.Parse(json);
            KeepTexts(body.RootElement);
        }
        catch (JsonException)
        {
            // Sent broken on purpose.
        }
    }

    /// <summary>Remembers the credentials that an answer gives out.</summary>
    public void KeepIssued(JsonElement answer)
    {
        foreach (var name in new[] { "ticket", "token" })
        {
            if (answer.TryGetProperty(name, out var issued)) KeepCredential(issued.GetString()!);
        }
    }

    /// <summary>The lines that hold a secret.</summary>
    public IReadOnlyList<string> Leaks()
    {
        lock (_gate) _writer?.Flush();
        if (!File.Exists(path) || _secrets.IsEmpty) return [];
        var secrets = SearchValues.Create([.. _secrets.Keys], StringComparison.Ordinal);
        using var lines = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        var leaks = new List<string>();
        while (lines.ReadLine() is { } line && leaks.Count < 20)
        {
            if (line.AsSpan().ContainsAny(secrets)) leaks.Add(line);
        }

        return leaks;
    }

    public void Dispose() => _writer?.Dispose();

    private void KeepTexts(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in value.EnumerateArray()) KeepTexts(item);
        }
        else if (value.ValueKind == JsonValueKind.Object)
        {
            foreach (var member in value.EnumerateObject())
            {
                if (member.Value.ValueKind != JsonValueKind.String) KeepTexts(member.Value);
                else if (TextMembers.Contains(member.Name)) KeepText(member.Value);
            }
        }
    }

    private void KeepText(JsonElement value)
    {
        // Half a surrogate pair is no text.
        string text;
        try
        {
            text = value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            return;
        }

        var needle = text[..Math.Min(text.Length, MaxNeedleLength)];
        var isTelling = needle.Length >= MinTextLength && (needle.Contains(' ') || needle.Contains("private", StringComparison.Ordinal)) && needle.All(c => c is >= ' ' and <= '~') && needle.Distinct().Count() > 4;
        if (isTelling && _secrets.TryAdd(needle, 0)) Interlocked.Increment(ref _texts);
    }
}
