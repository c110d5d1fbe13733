using System.Globalization;

namespace Notifier.Benchmarks.Load;

/// <summary>What a load run does.</summary>
internal sealed record LoadOptions
{
    public const string Usage =
        """
          load [--streams 1000] [--rooms 1] [--rate 50] [--seconds 8] [--warm-up 3] [--publishers 4] [--runs 1] [--padding 140] [--peer] [--json FILE]
              Starts the service as a process, opens the streams from eight loopback addresses, publishes at --rate events/s in all (0: as fast as the
              answers come), and checks that every event came to every stream of its room exactly once and in order. --streams 0 measures commands
              alone. With --peer the same work runs on nginx with nchan, where it is installed, and on the naive ASP.NET Core hub of this project.
        """;

    /// <summary>Streams in all, spread evenly over the rooms. Default 1000; 0 to 15,000, which a process limit of 20,000 descriptors leaves room for.</summary>
    public int Streams { get; init; } = 1000;

    /// <summary>Rooms. Default 1.</summary>
    public int Rooms { get; init; } = 1;

    /// <summary>Events per second in all. Default 50; 0: each publisher sends its next event when the last is answered.</summary>
    public int Rate { get; init; } = 50;

    /// <summary>Seconds that are measured. Default 8.</summary>
    public int Seconds { get; init; } = 8;

    /// <summary>Seconds before that, whose events are checked and not timed. Default 3.</summary>
    public int WarmUpSeconds { get; init; } = 3;

    /// <summary>Connections that publish. Default 4.</summary>
    public int Publishers { get; init; } = 4;

    /// <summary>Runs of each, a fresh process every time and in turns; the table shows medians. Default 1.</summary>
    public int Runs { get; init; } = 1;

    /// <summary>Characters that are added to an event's data. Default 140, which makes about 200 bytes of it.</summary>
    public int Padding { get; init; } = 140;

    /// <summary>The same work on the peers that this machine has.</summary>
    public bool WithPeers { get; init; }

    /// <summary>Says what would be done, and does nothing.</summary>
    public bool IsDryRun { get; init; }

    /// <summary>Where the results go as JSON; null: nowhere.</summary>
    public string? JsonPath { get; init; }

    /// <summary>Reads the command line; null where it is wrong.</summary>
    public static LoadOptions? Parse(string[] args)
    {
        var options = new LoadOptions();
        for (var i = 0; i < args.Length; i++)
        {
            if (args[i] == "--peer")
            {
                options = options with { WithPeers = true };
                continue;
            }

            if (args[i] == NamedOptions.DryRun)
            {
                options = options with { IsDryRun = true };
                continue;
            }

            if (i + 1 == args.Length) return null;
            var value = args[++i];
            if (args[i - 1] == "--json")
            {
                options = options with { JsonPath = value };
                continue;
            }

            if (!int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return null;
            LoadOptions? next = args[i - 1] switch
            {
                "--streams" => options with { Streams = number },
                "--rooms" => options with { Rooms = number },
                "--rate" => options with { Rate = number },
                "--seconds" => options with { Seconds = number },
                "--warm-up" => options with { WarmUpSeconds = number },
                "--publishers" => options with { Publishers = number },
                "--runs" => options with { Runs = number },
                "--padding" => options with { Padding = number },
                _ => null,
            };
            if (next is null) return null;
            options = next;
        }

        return options is { Streams: <= 15_000, Rooms: > 0, Seconds: > 0, Publishers: > 0, Runs: > 0 } ? options : null;
    }
}
