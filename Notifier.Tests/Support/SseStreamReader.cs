using System.Globalization;
using System.Net.Http.Headers;
using System.Text;

namespace Notifier.Tests.Support;

/// <summary>Reads an event stream block by block, strictly: a line that the specification does not know fails the test.</summary>
public sealed class SseStreamReader : IAsyncDisposable, IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    private readonly HttpClient _client;
    private readonly Stream _body;
    private readonly StreamReader _lines;

    private SseStreamReader(HttpClient client, HttpResponseMessage response, Stream body)
    {
        _client = client;
        Response = response;
        _body = body;
        _lines = new StreamReader(body, new UTF8Encoding(false, throwOnInvalidBytes: true));
    }

    public HttpResponseMessage Response { get; }

    /// <summary>The first block of every stream that is let in.</summary>
    public SseBlock Welcome { get; private set; } = null!;

    /// <summary>The id of the newest block that had one: what a client would come back with.</summary>
    public string? LastEventId { get; private set; }

    /// <summary>Opens a stream and reads its welcome. The client is disposed with the reader.</summary>
    public static async Task<SseStreamReader> OpenAsync(HttpClient client, string path, string? lastEventId = null)
    {
        var reader = await OpenRawAsync(client, path, lastEventId);
        reader.Response.EnsureSuccessStatusCode();
        reader.Welcome = await reader.ReadAsync();
        reader.Welcome.Event.ShouldBe("welcome");
        return reader;
    }

    /// <summary>Sends the request of an event source and reads nothing of the answer yet.</summary>
    public static async Task<SseStreamReader> OpenRawAsync(HttpClient client, string path, string? lastEventId = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        if (lastEventId is not null) request.Headers.TryAddWithoutValidation("Last-Event-ID", lastEventId);
        var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        return new(client, response, await response.Content.ReadAsStreamAsync());
    }

    /// <summary>The next block; fails after a deadline, or where the stream ends.</summary>
    public async Task<SseBlock> ReadAsync() => await TryReadAsync() ?? throw new EndOfStreamException("The stream ended.");

    /// <summary>The next block; null where the stream ends.</summary>
    public async Task<SseBlock?> TryReadAsync()
    {
        using var deadline = new CancellationTokenSource(Deadline);
        string? id = null, type = null, data = null;
        int? retry = null;
        var comments = new List<string>();
        var isEmpty = true;
        while (true)
        {
            var line = await _lines.ReadLineAsync(deadline.Token);
            if (line is null) return isEmpty ? null : throw new EndOfStreamException("The stream was cut within a block.");
            if (line.Length == 0)
            {
                if (isEmpty) continue;
                if (id is not null) LastEventId = id;
                return new(id, type, data, retry, comments);
            }

            isEmpty = false;
            if (line.StartsWith(": ", StringComparison.Ordinal)) comments.Add(line[2..]);
            else if (line.StartsWith("id: ", StringComparison.Ordinal)) id = line[4..];
            else if (line.StartsWith("event: ", StringComparison.Ordinal)) type = line[7..];
            else if (line.StartsWith("data: ", StringComparison.Ordinal)) data = data is null ? line[6..] : $"{data}\n{line[6..]}";
            else if (line.StartsWith("retry: ", StringComparison.Ordinal)) retry = int.Parse(line[7..], NumberStyles.None, CultureInfo.InvariantCulture);
            else throw new FormatException($"No line of an event stream: {line}");
        }
    }

    /// <summary>The next <paramref name="count"/> blocks.</summary>
    public async Task<List<SseBlock>> ReadAsync(int count)
    {
        var blocks = new List<SseBlock>(count);
        while (blocks.Count < count) blocks.Add(await ReadAsync());
        return blocks;
    }

    /// <summary>Reads until the stream ends, and returns what came.</summary>
    public async Task<List<SseBlock>> ReadToEndAsync()
    {
        var blocks = new List<SseBlock>();
        while (await TryReadAsync() is { } block) blocks.Add(block);
        return blocks;
    }

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    public void Dispose()
    {
        Response.Dispose();
        _lines.Dispose();
        _body.Dispose();
        _client.Dispose();
    }
}
