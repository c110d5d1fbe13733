using System.Net;
using Notifier.Tests.Support;

namespace Notifier.Tests.Operations;

public sealed class UnreadConsoleTests
{
    /// <summary>More than wait to be written, so that some lines are lost; the pipe itself holds some hundred.</summary>
    private const int Commands = 12_000;

    [Fact]
    public async Task A_console_that_nobody_reads_holds_up_no_command_and_not_the_end()
    {
        var port = FreePort.Next();
        using var service = NotifierProcess.StartUnread("Production", port, ("Auth__SigningKey", TestTokens.Key));
        await FreePort.TakenAsync(port, TimeSpan.FromSeconds(30), () => null);
        using var client = new HttpClient { BaseAddress = new($"http://127.0.0.1:{port}"), Timeout = TimeSpan.FromSeconds(10) };
        client.DefaultRequestHeaders.Authorization = new("Bearer", TestTokens.For("back-end", roles: ["publisher"], expiresIn: 600));

        await Parallel.ForAsync(0, Commands, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (n, _) =>
        {
            using var answer = await client.PostTextAsync("/api/rooms/general/messages", """{"text":"hi"}""");
            answer.StatusCode.ShouldBe(HttpStatusCode.Created, $"number {n}");
        });

        service.Signal("TERM");
        (await service.ExitAsync()).ShouldBe(0);
        var lines = service.ReadRest().Split('\n');
        lines.Length.ShouldBeInRange(10, Commands / 2);
    }
}
