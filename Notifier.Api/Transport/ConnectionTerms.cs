using System.Buffers;
using System.IO.Pipelines;

namespace Notifier.Api.Transport;

/// <summary>What all connections of the transport share.</summary>
/// <param name="Pool">Blocks that are filled for one connection at a time.</param>
/// <param name="Input">Of the pipe that a connection's bytes are read from.</param>
/// <param name="Count">How many there are.</param>
/// <param name="AllowsDirectOutput">Whether <see cref="ChunkedBody"/> may write to a connection itself.</param>
internal sealed record ConnectionTerms(MemoryPool<byte> Pool, PipeOptions Input, ConnectionCount Count, bool AllowsDirectOutput);
