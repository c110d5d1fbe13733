using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Notifier.Api.Transport;
using Notifier.Tests.Hostile;
using Notifier.Tests.Support;

namespace Notifier.Tests.Transport;

/// <summary>Bodies that are written past the server: in HTTP as whole as those that it writes, and left to it where it has to.</summary>
public sealed class ChunkedBodyTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task What_is_written_in_chunks_of_any_size_arrives_byte_for_byte_and_the_connection_serves_the_next_request(int seed)
    {
        var bytes = new byte[1024 * 1024];
        new Random(seed).NextBytes(bytes);
        await using var server = await EpollServer.StartAsync(_ => { }, map: app => app.MapGet("/", async (HttpContext http) =>
        {
            var pieces = new Random(seed + 1000);
            await http.Response.StartAsync();
            var output = ChunkedBody.Of(http).ShouldNotBeNull();
            for (var sent = 0; sent < bytes.Length;)
            {
                var piece = Math.Min(bytes.Length - sent, pieces.Next(1, pieces.Next(2) == 0 ? 300 : 100_000));
                (await output.SendAsync(Chunk(bytes.AsSpan(sent, piece)))).IsCompleted.ShouldBeFalse();
                sent += piece;
            }
        }));
        var connections = 0;
        using var http = new HttpClient(new SocketsHttpHandler
        {
            ConnectCallback = async (_, _) =>
            {
                connections++;
                return new NetworkStream(await server.ConnectAsync(), ownsSocket: true);
            },
        });

        for (var request = 0; request < 3; request++) (await http.GetByteArrayAsync($"http://127.0.0.1:{server.Port}/").WaitAsync(Deadline)).ShouldBe(bytes);

        connections.ShouldBe(1);
    }

    [Theory]
    [InlineData("plain", true)]
    [InlineData("HTTP/1.0", false)]
    [InlineData("HTTP/2", false)]
    [InlineData("TLS", false)]
    [InlineData("a wrapped body", false)]
    [InlineData("a length", false)]
    [InlineData("POST", false)]
    [InlineData("no start", false)]
    [InlineData("forbidden", false)]
    public async Task The_server_writes_what_is_not_a_chunked_body_on_a_plain_connection(string how, bool isDirect)
    {
        using var certificate = SelfSigned.Certificate();
        await using var server = await EpollServer.StartAsync(
            listen =>
            {
                listen.Protocols = how == "HTTP/2" ? HttpProtocols.Http2 : HttpProtocols.Http1;
                if (how == "TLS") listen.UseHttps(certificate);
            },
            map: app => app.Map("/", async (HttpContext http) =>
            {
                if (how == "a wrapped body") http.Response.Body = new BufferedStream(http.Response.Body);
                if (how == "a length") http.Response.ContentLength = 5;
                if (how != "no start") await http.Response.StartAsync();
                await http.Response.WriteAsync(ChunkedBody.Of(http) is null ? "False" : "True ");
                await http.Response.Body.FlushAsync();
            }),
            allowsDirectOutput: how != "forbidden");
        using var http = new HttpClient(new SocketsHttpHandler { SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, shown, _, _) => shown!.GetCertHashString() == certificate.GetCertHashString() } });
        using var request = new HttpRequestMessage(how == "POST" ? HttpMethod.Post : HttpMethod.Get, $"{(how == "TLS" ? "https" : "http")}://127.0.0.1:{server.Port}/")
        {
            Version = how == "HTTP/2" ? HttpVersion.Version20 : how == "HTTP/1.0" ? HttpVersion.Version10 : HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };

        using var answer = await http.SendAsync(request).WaitAsync(Deadline);

        (await answer.Content.ReadAsStringAsync()).Trim().ShouldBe($"{isDirect}");
    }

    [Fact]
    public async Task A_chunk_that_the_client_does_not_take_waits_and_an_abort_ends_the_wait_and_what_is_written_after_it()
    {
        var results = new TaskCompletionSource<(bool First, bool Second)>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await EpollServer.StartAsync(_ => { }, map: app => app.Run(async http =>
        {
            await http.Response.StartAsync();
            var output = ChunkedBody.Of(http)!;
            var waiting = output.SendAsync(Chunk(new byte[4 * 1024 * 1024])).AsTask();
            waiting.IsCompleted.ShouldBeFalse();
            await Should.ThrowAsync<InvalidOperationException>(async () => await output.SendAsync(Chunk(new byte[1])));
            http.Abort();
            results.SetResult(((await waiting).IsCompleted, (await output.SendAsync(Chunk(new byte[1]))).IsCompleted));
        }));
        using var client = await server.ConnectAsync();

        await client.SendAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n"u8.ToArray());

        (await results.Task.WaitAsync(Deadline)).ShouldBe((true, true));
    }

    [Fact]
    public async Task What_is_written_after_an_abort_reaches_nobody_who_has_the_number_of_its_socket_by_now()
    {
        var isClosed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var isOtherThere = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var isStrayWritten = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        EpollConnection? aborted = null;
        await using var server = await EpollServer.StartAsync(async connection =>
        {
            if (Interlocked.CompareExchange(ref aborted, (EpollConnection)connection, null) is null)
            {
                connection.ConnectionClosed.Register(isClosed.SetResult);
                connection.Abort();
                await isOtherThere.Task;
                (await aborted.DirectOutput!.SendAsync("stray"u8)).IsCompleted.ShouldBeTrue();
                isStrayWritten.SetResult();
            }
            else
            {
                isOtherThere.SetResult();
                await isStrayWritten.Task;
                await connection.Transport.Output.WriteAsync("own"u8.ToArray());
            }
        });

        // Has a number of its own already, so that the server's end of it gets the one that has become free.
        using var second = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        using var first = await server.ConnectAsync();
        await isClosed.Task.WaitAsync(Deadline);

        await second.ConnectAsync(IPAddress.Loopback, server.Port);
        var answer = new byte[8];
        var read = await second.ReceiveAsync(answer).WaitAsync(Deadline);

        Encoding.ASCII.GetString(answer, 0, read).ShouldBe("own");
    }

    [Fact]
    public async Task A_stream_that_ends_ends_its_body_once_and_the_connection_serves_the_next_request()
    {
        await using var host = NotifierHost.With(("Streams:MaxAge", "00:00:01"));
        using var client = await RawClient.ConnectAsync(host.Address);

        await client.SendAsync("GET /api/rooms/general/events?as=ada HTTP/1.1\r\nHost: x\r\n\r\n");
        var stream = await client.ReadUntilAsync("\r\n0\r\n\r\n");
        await client.SendAsync("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        var next = await client.ReadToEndAsync();

        stream.ShouldContain("event: welcome");
        next.ShouldStartWith("HTTP/1.1 200 OK");
    }

    [Theory]
    [InlineData(1, "1")]
    [InlineData(15, "f")]
    [InlineData(16, "10")]
    [InlineData(65_535, "ffff")]
    [InlineData(65_536, "10000")]
    public void A_chunk_names_its_size_in_as_many_digits_as_it_takes(int length, string size)
    {
        var content = new string('x', length);

        Encoding.ASCII.GetString(Chunk(Encoding.ASCII.GetBytes(content))).ShouldBe($"{size}\r\n{content}\r\n");
    }

    [Fact]
    public void A_chunk_of_nothing_is_refused_for_it_would_end_the_body() => Should.Throw<ArgumentOutOfRangeException>(() => { Chunk([]); });

    private static ReadOnlySpan<byte> Chunk(ReadOnlySpan<byte> content)
    {
        var buffer = new byte[ChunkedBody.MaxHeadBytes + content.Length + ChunkedBody.TailBytes];
        content.CopyTo(buffer.AsSpan(ChunkedBody.MaxHeadBytes));
        return ChunkedBody.Frame(buffer, content.Length);
    }
}
