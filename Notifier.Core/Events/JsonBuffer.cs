using System.Buffers;
using System.Text.Json;

namespace Notifier.Core.Events;

/// <summary>
/// Where JSON is written that is wanted as bytes. A thread uses its own again: of a small piece the writer and its buffer would be most of the cost.
/// </summary>
public sealed class JsonBuffer : IDisposable
{
    /// <summary>What a thread may keep between two pieces.</summary>
    private const int KeptBytes = 64 * 1024;

    private static readonly JsonWriterOptions Options = new() { Encoder = JsonText.Encoder, SkipValidation = true };

    [ThreadStatic]
    private static JsonBuffer? _ofThisThread;

    private readonly ArrayBufferWriter<byte> _bytes = new(1024);

    private JsonBuffer() => Writer = new(_bytes, Options);

    /// <summary>Escapes as <see cref="JsonText"/> does, and trusts what it is told.</summary>
    public Utf8JsonWriter Writer { get; }

    /// <summary>An empty one, for this thread until it is disposed.</summary>
    public static JsonBuffer Take()
    {
        // Not in its place while it is used: what writes a piece may have to write another for it.
        var taken = _ofThisThread ?? new();
        _ofThisThread = null;
        return taken;
    }

    /// <summary>What was written, until the buffer is disposed.</summary>
    public ReadOnlySpan<byte> Written
    {
        get
        {
            Writer.Flush();
            return _bytes.WrittenSpan;
        }
    }

    /// <summary>What was written, to keep.</summary>
    public byte[] ToArray() => Written.ToArray();

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_bytes.Capacity > KeptBytes) return;

        _bytes.ResetWrittenCount();
        Writer.Reset();
        _ofThisThread = this;
    }
}
