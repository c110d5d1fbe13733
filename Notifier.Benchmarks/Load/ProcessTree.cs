using System.Globalization;

namespace Notifier.Benchmarks.Load;

/// <summary>A process with its children, as Linux accounts for them under <c>/proc</c>.</summary>
internal sealed class ProcessTree(int root)
{
    // Fixed by the kernel's interface to user space, whatever its own tick is.
    private const double TicksPerSecond = 100;

    /// <summary>Processor time of user and system so far, in seconds; the granularity is 10 ms.</summary>
    public double CpuSeconds() => Members().Sum(pid => ReadStat(pid) is { } stat ? (long.Parse(stat[11], CultureInfo.InvariantCulture) + long.Parse(stat[12], CultureInfo.InvariantCulture)) / TicksPerSecond : 0);

    /// <summary>Memory in KiB, pages shared with other processes counted by their share.</summary>
    public long PssKib() => Members().Sum(ReadPss);

    private List<int> Members()
    {
        var members = new List<int> { root };
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
                && ReadStat(pid) is { } stat && stat[1] == root.ToString(CultureInfo.InvariantCulture)) members.Add(pid);
        }

        return members;
    }

    // The fields after the command's name, which may hold blanks: state, parent, ….
    private static string[]? ReadStat(int pid)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{pid}/stat");
            return text[(text.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            // It has ended meanwhile.
            return null;
        }
    }

    private static long ReadPss(int pid)
    {
        var line = File.ReadLines($"/proc/{pid}/smaps_rollup").First(l => l.StartsWith("Pss:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }
}
