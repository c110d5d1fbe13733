using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Notifier.Tests.Support;

/// <summary>Requests byte for byte, for what <see cref="HttpClient"/> would tidy up or refuse to send.</summary>
internal static class RawHttp
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    /// <summary>Posts JSON to a target that goes out as it stands.</summary>
    public static Task<HttpResponseMessage> PostRawAsync(this NotifierHost host, string target, string json) =>
        host.SendRawAsync($"POST {target} HTTP/1.1\r\nHost: test\r\nContent-Type: application/json\r\nContent-Length: {json.Length}\r\n\r\n{json}");

    /// <summary>Sends these bytes (each character is one) and reads the first answer to them.</summary>
    public static async Task<HttpResponseMessage> SendRawAsync(this NotifierHost host, string request)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        using var client = new TcpClient();
        await client.ConnectAsync(host.Address.Host, host.Address.Port, deadline.Token);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request), deadline.Token);
        using var reader = new StreamReader(stream, Encoding.Latin1);

        var statusLine = await reader.ReadLineAsync(deadline.Token) ?? throw new EndOfStreamException("The connection was closed without an answer.");
        var response = new HttpResponseMessage((HttpStatusCode)int.Parse(statusLine.Split(' ')[1])) { Content = new ByteArrayContent([]) };
        var length = 0;
        var headers = new List<(string Name, string Value)>();
        while (await reader.ReadLineAsync(deadline.Token) is { Length: > 0 } line)
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            headers.Add((line[..colon], line[(colon + 1)..].Trim()));
            if (line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase)) length = int.Parse(line["Content-Length:".Length..]);
        }

        // What answers a HEAD says how long its body would be, and has none (RFC 9110, 9.3.2); a read of no characters waits for one all the same.
        var body = new char[request.StartsWith("HEAD ", StringComparison.Ordinal) ? 0 : length];
        if (body.Length > 0) await reader.ReadBlockAsync(body, deadline.Token);
        response.Content = new ByteArrayContent(Encoding.Latin1.GetBytes(body));
        foreach (var (name, value) in headers)
        {
            if (!response.Headers.TryAddWithoutValidation(name, value)) response.Content.Headers.TryAddWithoutValidation(name, value);
        }

        return response;
    }
}
