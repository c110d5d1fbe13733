using Serilog.Events;

namespace Notifier.Api.Operations;

/// <summary>Log lines one after the other, to be written at once: to a sink, the value of a property.</summary>
internal sealed class TextBlock(int size) : LogEventPropertyValue
{
    private readonly char[] _chars = new char[size];
    private int _length;

    public bool TryAdd(ReadOnlySpan<char> line)
    {
        if (!line.TryCopyTo(_chars.AsSpan(_length))) return false;

        _length += line.Length;
        return true;
    }

    public int Size => _chars.Length;

    public void Clear() => _length = 0;

    public override void Render(TextWriter output, string? format = null, IFormatProvider? formatProvider = null) => output.Write(_chars, 0, _length);
}
