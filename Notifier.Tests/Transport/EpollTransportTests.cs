using System.Buffers;
using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net;
using System.Net.Http.Json;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Notifier.Tests.Faults;

namespace Notifier.Tests.Transport;

/// <summary>What the server may expect of its transport, on real sockets.</summary>
public sealed class EpollTransportTests
{
    private const int ManyBytes = 4 * 1024 * 1024;
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task What_is_written_in_pieces_of_any_size_arrives_byte_for_byte_at_a_client_that_reads_by_fits_and_starts(int seed)
    {
        var random = new Random(seed);
        var bytes = Bytes(seed, ManyBytes);
        await using var server = await EpollServer.StartAsync(async connection =>
        {
            var pieces = new Random(seed + 1000);
            for (var sent = 0; sent < bytes.Length;)
            {
                var piece = Math.Min(bytes.Length - sent, pieces.Next(1, pieces.Next(2) == 0 ? 300 : 20_000));
                connection.Transport.Output.Write(bytes.AsSpan(sent, piece));
                sent += piece;
                if (pieces.Next(3) == 0) await connection.Transport.Output.FlushAsync();
            }
        });
        using var client = await server.ConnectAsync();

        var got = new MemoryStream();
        var buffer = new byte[64 * 1024];
        while (await client.ReceiveAsync(buffer.AsMemory(0, random.Next(1, buffer.Length))).AsTask().WaitAsync(Deadline) is > 0 and var read)
        {
            got.Write(buffer, 0, read);
            if (random.Next(20) == 0) await Task.Yield();
        }

        got.ToArray().ShouldBe(bytes);
    }

    [Fact]
    public async Task A_flush_waits_while_the_client_reads_nothing_and_goes_on_when_it_reads()
    {
        var waits = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var isDone = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await EpollServer.StartAsync(async connection =>
        {
            var flush = WriteAllAsync(connection.Transport.Output);
            while (!flush.IsCompleted && !waits.Task.IsCompleted) await Task.Yield();
            await flush;
            isDone.SetResult();

            async Task WriteAllAsync(PipeWriter output)
            {
                for (var i = 0; i < ManyBytes / 4096; i++)
                {
                    output.Write(new byte[4096]);
                    var one = output.FlushAsync();
                    if (!one.IsCompleted) waits.TrySetResult();
                    (await one).IsCompleted.ShouldBeFalse();
                }
            }
        });
        using var client = await server.ConnectAsync();

        await waits.Task.WaitAsync(Deadline);
        isDone.Task.IsCompleted.ShouldBeFalse();
        (await ReadToEndAsync(client)).Length.ShouldBe(ManyBytes);

        await isDone.Task.WaitAsync(Deadline);
    }

    [Fact]
    public async Task A_flush_that_was_cancelled_loses_nothing_of_what_it_had_to_send()
    {
        var bytes = Bytes(7, ManyBytes);
        var cancelled = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await EpollServer.StartAsync(async connection =>
        {
            var output = connection.Transport.Output;
            output.Write(bytes.AsSpan(0, ManyBytes / 2));
            var flush = output.FlushAsync().AsTask();
            output.CancelPendingFlush();
            cancelled.SetResult((await flush).IsCanceled);

            // Behind bytes that the socket has not taken yet, and in buffers that are being sent from.
            for (var sent = ManyBytes / 2; sent < ManyBytes; sent += 1024) output.Write(bytes.AsSpan(sent, 1024));
            (await output.FlushAsync()).IsCanceled.ShouldBeFalse();
        });
        using var client = await server.ConnectAsync();

        (await cancelled.Task.WaitAsync(Deadline)).ShouldBeTrue();
        (await ReadToEndAsync(client)).ShouldBe(bytes);
    }

    [Fact]
    public async Task A_flush_with_a_token_gives_up_when_that_is_cancelled()
    {
        using var giveUp = new CancellationTokenSource();
        var waits = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var ended = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await EpollServer.StartAsync(async connection =>
        {
            connection.Transport.Output.Write(new byte[ManyBytes]);
            var flush = connection.Transport.Output.FlushAsync(giveUp.Token).AsTask();
            waits.SetResult();
            ended.SetResult(await Record.ExceptionAsync(() => flush));
        });
        using var client = await server.ConnectAsync();

        await waits.Task.WaitAsync(Deadline);
        await giveUp.CancelAsync();

        (await ended.Task.WaitAsync(Deadline)).ShouldBeAssignableTo<OperationCanceledException>();
    }

    [Fact]
    public async Task A_client_that_sends_what_nobody_reads_is_held_back_and_loses_nothing()
    {
        var bytes = Bytes(11, 16 * 1024 * 1024);
        var mayRead = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var held = 0L;
        var got = new TaskCompletionSource<byte[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await EpollServer.StartAsync(async connection =>
        {
            await mayRead.Task;
            var first = await connection.Transport.Input.ReadAsync();
            held = first.Buffer.Length;
            connection.Transport.Input.AdvanceTo(first.Buffer.Start);
            got.SetResult(await ReadToEndAsync(connection.Transport.Input));
        });
        using var client = await server.ConnectAsync();

        var sending = client.SendAsync(bytes);
        await Until.TrueAsync("the client is held back", () => WaitsInKernel(client));
        sending.IsCompleted.ShouldBeFalse();
        mayRead.SetResult();
        await sending.WaitAsync(Deadline);
        client.Shutdown(SocketShutdown.Send);

        // At most what it may hold, and one receive more.
        (await got.Task.WaitAsync(Deadline)).ShouldBe(bytes);
        held.ShouldBeInRange(EpollServer.MaxReadBufferBytes, EpollServer.MaxReadBufferBytes + (64 * 1024));
    }

    [Fact]
    public async Task The_last_bytes_before_a_client_ends_are_read_before_its_end()
    {
        await using var server = await EpollServer.StartAsync(async connection =>
        {
            var all = await ReadToEndAsync(connection.Transport.Input);
            await connection.Transport.Output.WriteAsync(SHA256.HashData(all));
        });
        using var client = await server.ConnectAsync();
        var bytes = Bytes(13, 300_000);

        await client.SendAsync(bytes);
        client.Shutdown(SocketShutdown.Send);

        (await ReadToEndAsync(client)).ShouldBe(SHA256.HashData(bytes));
    }

    [Fact]
    public async Task A_client_that_sends_without_end_keeps_nobody_else_waiting()
    {
        var floods = new ConcurrentDictionary<int, Socket>();
        using var end = new CancellationTokenSource();
        var more = new byte[256 * 1024];
        await using var server = await EpollServer.StartAsync(async connection =>
        {
            var flood = floods.GetValueOrDefault(((IPEndPoint)connection.RemoteEndPoint!).Port);
            while (true)
            {
                var read = await connection.Transport.Input.ReadAsync();
                if (read.IsCompleted) return;
                connection.Transport.Input.AdvanceTo(read.Buffer.End);

                // As fast as it is read, and from within the read, so that there is always more to receive.
                if (flood is null) await connection.Transport.Output.WriteAsync("!"u8.ToArray());
                else if (!end.IsCancellationRequested) flood.Send(more, SocketFlags.None, out _);
            }
        });
        for (var i = 0; i < 2; i++)
        {
            // One for each loop.
            var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = true };
            client.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            floods[((IPEndPoint)client.LocalEndPoint!).Port] = client;
            await client.ConnectAsync(IPAddress.Loopback, server.Port);
            client.Blocking = false;
            client.Send(more, SocketFlags.None, out _);
        }

        try
        {
            for (var i = 0; i < 4; i++)
            {
                using var client = await server.ConnectAsync();
                await client.SendAsync("?"u8.ToArray());
                (await client.ReceiveAsync(new byte[1]).WaitAsync(Deadline)).ShouldBe(1);
            }
        }
        finally
        {
            await end.CancelAsync();
            foreach (var client in floods.Values) client.Dispose();
        }
    }

    [Fact]
    public async Task A_token_that_fires_after_its_flush_has_ended_cancels_no_other()
    {
        var results = new TaskCompletionSource<FlushResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await EpollServer.StartAsync(async connection =>
        {
            using var token = new CancellationTokenSource();
            connection.Transport.Output.Write(new byte[ManyBytes]);
            await connection.Transport.Output.FlushAsync(token.Token);
            await token.CancelAsync();
            results.SetResult(await connection.Transport.Output.WriteAsync(new byte[1], CancellationToken.None));
        });
        using var client = await server.ConnectAsync();

        (await ReadToEndAsync(client)).Length.ShouldBe(ManyBytes + 1);
        (await results.Task.WaitAsync(Deadline)).IsCanceled.ShouldBeFalse();
    }

    [Theory]
    [InlineData("ends")]
    [InlineData("resets")]
    public async Task A_connection_whose_client_goes_is_told_so_whether_anybody_reads_or_not(string how)
    {
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await EpollServer.StartAsync(async connection =>
        {
            connection.ConnectionClosed.Register(closed.SetResult);
            await closed.Task;
        });
        using var client = await server.ConnectAsync();

        if (how == "resets") client.LingerState = new(enable: true, seconds: 0);
        client.Dispose();

        await closed.Task.WaitAsync(Deadline);
    }

    [Fact]
    public async Task Reading_from_a_connection_that_was_reset_says_so()
    {
        var said = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await EpollServer.StartAsync(async connection => said.SetResult(await Record.ExceptionAsync(() => ReadToEndAsync(connection.Transport.Input))));
        using var client = await server.ConnectAsync();

        client.LingerState = new(enable: true, seconds: 0);
        client.Dispose();

        (await said.Task.WaitAsync(Deadline)).ShouldBeOfType<ConnectionResetException>();
    }

    [Fact]
    public async Task An_abort_ends_a_flush_that_waits_and_resets_the_connection_of_a_client_that_reads_nothing()
    {
        var result = new TaskCompletionSource<FlushResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await EpollServer.StartAsync(async connection =>
        {
            connection.Transport.Output.Write(new byte[ManyBytes]);
            var flush = connection.Transport.Output.FlushAsync();
            flush.IsCompleted.ShouldBeFalse();
            connection.Abort(new ConnectionAbortedException("enough"));
            result.SetResult(await flush);
        });
        using var client = await server.ConnectAsync();

        (await result.Task.WaitAsync(Deadline)).IsCompleted.ShouldBeTrue();
        await Until.TrueAsync("the client is reset", () => client.Poll(0, SelectMode.SelectError) || client.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error) is not 0);
    }

    [Theory]
    [InlineData("abort")]
    [InlineData("cancel")]
    public async Task Whoever_ends_a_flush_that_waits_does_not_run_its_writer_for_it_may_hold_what_that_asks_for(string how)
    {
        var isWithin = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await EpollServer.StartAsync(async connection =>
        {
            connection.Transport.Output.Write(new byte[ManyBytes]);
            var flush = connection.Transport.Output.FlushAsync();
            var ending = Environment.CurrentManagedThreadId;
            var awaiter = flush.GetAwaiter();
            awaiter.UnsafeOnCompleted(() => isWithin.TrySetResult(Environment.CurrentManagedThreadId == Volatile.Read(ref ending)));
            if (how == "abort") connection.Abort(new ConnectionAbortedException("enough"));
            else connection.Transport.Output.CancelPendingFlush();
            Volatile.Write(ref ending, 0);
            await isWithin.Task;
            awaiter.GetResult();
            connection.Abort();
        });
        using var client = await server.ConnectAsync();

        (await isWithin.Task.WaitAsync(Deadline)).ShouldBeFalse();
    }

    [Fact]
    public async Task A_write_after_the_client_has_gone_says_that_nobody_reads_any_more()
    {
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var result = new TaskCompletionSource<FlushResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var server = await EpollServer.StartAsync(async connection =>
        {
            connection.ConnectionClosed.Register(closed.SetResult);
            await closed.Task;
            result.SetResult(await connection.Transport.Output.WriteAsync(new byte[10]));
        });
        using var client = await server.ConnectAsync();

        client.LingerState = new(enable: true, seconds: 0);
        client.Dispose();

        (await result.Task.WaitAsync(Deadline)).IsCompleted.ShouldBeTrue();
    }

    [Fact]
    public async Task Requests_sent_at_once_on_one_connection_are_answered_in_their_order()
    {
        await using var server = await EpollServer.StartAsync(_ => { }, map: app => app.MapGet("/{n}", (int n) => $"<{n}>"));
        using var client = await server.ConnectAsync();
        var requests = string.Concat(Enumerable.Range(0, 200).Select(n => $"GET /{n} HTTP/1.1\r\nHost: x\r\n{(n == 199 ? "Connection: close\r\n" : "")}\r\n"));

        await client.SendAsync(System.Text.Encoding.ASCII.GetBytes(requests));
        var answers = System.Text.Encoding.ASCII.GetString(await ReadToEndAsync(client));

        var order = answers.Split('<').Skip(1).Select(part => part.Split('>')[0]);
        order.ShouldBe(Enumerable.Range(0, 200).Select(n => $"{n}"));
    }

    [Fact]
    public async Task Requests_on_an_encrypted_connection_are_answered()
    {
        using var certificate = SelfSigned.Certificate();
        await using var server = await EpollServer.StartAsync(
            listen => listen.UseHttps(certificate), map: app => app.MapPost("/", async (HttpRequest request) => (await ReadToEndAsync(request.BodyReader)).Length));
        using var http = new HttpClient(new SocketsHttpHandler { SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, shown, _, _) => shown!.GetCertHashString() == certificate.GetCertHashString() } });

        foreach (var length in new[] { 1, 5_000, 1_000_000, 3 })
        {
            using var answer = await http.PostAsync($"https://127.0.0.1:{server.Port}/", new ByteArrayContent(new byte[length]));
            (await answer.Content.ReadFromJsonAsync<int>()).ShouldBe(length);
        }
    }

    [Fact]
    public async Task A_connection_more_than_there_may_be_is_closed_at_once_and_one_that_goes_makes_room()
    {
        await using var server = await EpollServer.StartAsync(async connection =>
        {
            await connection.Transport.Output.WriteAsync("hello"u8.ToArray());
            await ReadToEndAsync(connection.Transport.Input);
        });
        var clients = new List<Socket>();
        for (var i = 0; i < EpollServer.MaxConnections; i++)
        {
            clients.Add(await server.ConnectAsync());
            (await IsGreetedAsync(clients[i])).ShouldBeTrue();
        }

        using var refused = await server.ConnectAsync();
        (await IsGreetedAsync(refused)).ShouldBeFalse();

        clients[0].Dispose();
        await Until.TrueAsync("another one is let in", async () =>
        {
            using var next = await server.ConnectAsync();
            return await IsGreetedAsync(next);
        });
        clients.ForEach(client => client.Dispose());

        static async Task<bool> IsGreetedAsync(Socket client)
        {
            using var deadline = new CancellationTokenSource(Deadline);
            return await client.ReceiveAsync(new byte[16], deadline.Token) > 0;
        }
    }

    [Fact]
    public async Task A_port_that_is_taken_is_named()
    {
        await using var first = await EpollServer.StartAsync(_ => Task.CompletedTask);

        var second = await Should.ThrowAsync<IOException>(() => EpollServer.StartAsync(_ => Task.CompletedTask, first.Port));

        second.Message.ShouldContain("address already in use");
        second.Message.ShouldContain($"{first.Port}");
    }

    [Fact]
    public async Task A_server_that_stops_ends_its_connections()
    {
        var server = await EpollServer.StartAsync(async connection => await ReadToEndAsync(connection.Transport.Input));
        using var client = await server.ConnectAsync();

        var end = ReadToEndAsync(client);
        await server.DisposeAsync();

        (await end).ShouldBeEmpty();
        await Should.ThrowAsync<SocketException>(() => server.ConnectAsync());
    }

    private static byte[] Bytes(int seed, int length)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static async Task<byte[]> ReadToEndAsync(PipeReader reader)
    {
        while (true)
        {
            var read = await reader.ReadAsync();
            var all = read.IsCompleted ? read.Buffer.ToArray() : null;
            reader.AdvanceTo(all is null ? read.Buffer.Start : read.Buffer.End, read.Buffer.End);
            if (all is not null) return all;
        }
    }

    private static async Task<byte[]> ReadToEndAsync(Socket client)
    {
        using var deadline = new CancellationTokenSource(Deadline);
        var all = new MemoryStream();
        var buffer = new byte[64 * 1024];
        try
        {
            while (await client.ReceiveAsync(buffer, deadline.Token) is > 0 and var read) all.Write(buffer, 0, read);
        }
        catch (SocketException)
        {
            // Cut rather than closed: an end all the same.
        }

        return all.ToArray();
    }

    /// <summary>True where the kernel holds bytes of a client that the server's has no room for.</summary>
    private static bool WaitsInKernel(Socket client)
    {
        var (own, other) = ($":{((IPEndPoint)client.LocalEndPoint!).Port:X4}", $":{((IPEndPoint)client.RemoteEndPoint!).Port:X4}");
        var line = File.ReadLines("/proc/net/tcp").Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Single(part => part[1].EndsWith(own, StringComparison.Ordinal) && part[2].EndsWith(other, StringComparison.Ordinal));
        return !line[4].StartsWith("00000000:", StringComparison.Ordinal);
    }
}
