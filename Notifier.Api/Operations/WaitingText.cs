using Serilog.Core;
using Serilog.Events;
using Serilog.Parsing;

namespace Notifier.Api.Operations;

/// <summary>
/// Log lines that wait as text. Whoever logs formats: a line's event, a dozen objects, is garbage at once and not a survivor of the next collections, and what
/// waits is a few large blocks.
/// </summary>
/// <remarks>The lock guards the blocks that wait and the spare ones, and is never held while a line is formatted or written.</remarks>
/// <param name="console">Writes the property <see cref="Property"/> of an event, and nothing else.</param>
/// <param name="time">Dates the line about one that cannot be formatted.</param>
internal sealed class WaitingText(Logger console, TimeProvider time) : IWaitingLines
{
    /// <summary>The property of an event that is a block of lines.</summary>
    public const string Property = "Lines";

    /// <summary>Under what the runtime takes for large objects; some thirty lines.</summary>
    public const int BlockChars = 16 * 1024;

    /// <summary>32 MiB: what waits is bounded by its size too, since one line may hold an exception's whole text.</summary>
    private const int MaxBlocks = 1024;

    /// <summary>4 MiB that a burst of lines leaves: what forty thousand commands a second fill while the lines before theirs are written.</summary>
    private const int SpareBlocks = 128;

    private static readonly MessageTemplate LostLine = new MessageTemplateParser().Parse("A log line was lost: {Template} could not be formatted ({Cause}).");

    [ThreadStatic]
    private static LineBuffer? _ofThisThread;

    private readonly Lock _gate = new();
    private readonly Stack<TextBlock> _spare = [];
    private List<TextBlock> _blocks = [];
    private List<TextBlock> _batch = [];
    private int _lines;

    public int Add(LogEvent line)
    {
        if (Volatile.Read(ref _lines) >= UnhurriedLog.Capacity) return 0;

        // Not in its place while it is used: an exception's own ToString may log.
        var buffer = _ofThisThread ?? new();
        _ofThisThread = null;
        Format(line, buffer);
        var waiting = Add(buffer.Text);
        buffer.Clear();
        _ofThisThread = buffer;
        return waiting;
    }

    /// <summary>As <see cref="Add(LogEvent)"/>, of a line that was made.</summary>
    public int Add(ReadOnlySpan<char> line)
    {
        lock (_gate)
        {
            if (_lines >= UnhurriedLog.Capacity || _blocks.Count >= MaxBlocks) return 0;

            AddTo(_blocks, line);
            return ++_lines;
        }
    }

    public void Write(Func<LogEvent?> last)
    {
        lock (_gate)
        {
            (_blocks, _batch) = (_batch, _blocks);
            _lines = 0;
        }

        if (last() is { } line)
        {
            var buffer = new LineBuffer();
            Format(line, buffer);
            lock (_gate) AddTo(_batch, buffer.Text);
        }

        foreach (var block in _batch) console.Write(new(time.GetLocalNow(), LogEventLevel.Information, null, MessageTemplate.Empty, [new(Property, block)]));
        lock (_gate)
        {
            foreach (var block in _batch)
            {
                if (block.Size > BlockChars || _spare.Count == SpareBlocks) continue;

                block.Clear();
                _spare.Push(block);
            }
        }

        _batch.Clear();
    }

    public void Dispose() => console.Dispose();

    private void Format(LogEvent line, LineBuffer buffer)
    {
        buffer.Clear();
        try
        {
            JsonLine.Write(line, buffer);
        }
        catch (Exception e)
        {
            // An exception's own ToString threw. What it says of that may hold what no line may hold, so its name has to do.
            buffer.Clear();
            JsonLine.Write(
                new(time.GetLocalNow(), LogEventLevel.Warning, null, LostLine, [new("Template", new ScalarValue(line.MessageTemplate.Text)), new("Cause", new ScalarValue(e.GetType().Name))]),
                buffer);
        }
    }

    private void AddTo(List<TextBlock> blocks, ReadOnlySpan<char> line)
    {
        if (blocks is [.., var last] && last.TryAdd(line)) return;

        var block = line.Length <= BlockChars && _spare.TryPop(out var spare) ? spare : new TextBlock(Math.Max(BlockChars, line.Length));
        block.TryAdd(line);
        blocks.Add(block);
    }
}
