using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using Notifier.Tests.Support;

namespace Notifier.Tests.Docs;

/// <summary>The commands of README and docs that start a service, as they stand there; README's second is the one that runs this.</summary>
public sealed partial class ServiceCommandTests(RedisServer redis) : IClassFixture<RedisServer>
{
    private const string WrittenRedis = "localhost:6379";
    private const string WrittenIssuer = "https://login.example.com/realms/main";

    private static readonly JsonSerializerOptions WithoutNulls = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    [Fact]
    public async Task The_first_command_starts_a_service_that_a_browser_can_open()
    {
        await using var service = StartedService.Run(Snippet.Of(nameof(ServiceCommandTests)).Text);
        using var client = await service.ClientAsync();

        (await client.GetStringAsync("/")).ShouldContain("<title>Notifier</title>");
        (await client.GetStringAsync("/readyz")).ShouldBe("ready");
    }

    [Fact]
    public async Task In_earnest_there_are_no_guests_and_a_token_signed_with_the_secret_opens()
    {
        var command = Snippet.Of(nameof(ServiceCommandTests)).Text;
        var token = TestTokens.Sign(Claims("ada"), SigningKey().Match(command).Groups[1].Value);
        await using var service = StartedService.Run(command);
        using var guest = await service.ClientAsync();
        using var ada = await service.ClientAsync(token);

        using var refused = await guest.GetAsync("/api/rooms/general/messages?as=ada");
        using var noTokens = await guest.PostTextAsync("/api/dev/tokens", """{"sub":"ada"}""");

        await refused.ShouldBeProblemAsync(HttpStatusCode.Unauthorized);
        await noTokens.ShouldBeProblemAsync(HttpStatusCode.NotFound);
        await ada.SayAsync("general", "Hello, in earnest");
    }

    [SkippableFact]
    public async Task Over_one_Redis_two_of_them_are_one_service_and_a_client_comes_back_to_the_other()
    {
        var command = Snippet.Of(nameof(ServiceCommandTests)).Text;
        command.ShouldContain(WrittenRedis);
        command = command.Replace(WrittenRedis, redis.Need(), StringComparison.Ordinal);
        var room = Fresh.Room();
        await using var one = StartedService.Run(command);
        await using var other = StartedService.Run(command);
        using var here = await one.ClientAsync();

        var seen = await here.SayAsync(room, "seen");
        await here.SayAsync(room, "missed");
        await using var back = await SseStreamReader.OpenAsync(await other.ClientAsync(), $"/api/rooms/{room}/events?presence=false", seen);

        (await back.ReadAsync()).Text.ShouldBe("missed");
    }

    [Fact]
    public async Task Tokens_of_the_issuer_open_where_they_are_meant_for_the_service()
    {
        await using var issuer = await Issuer.StartAsync();
        var command = Snippet.Of(nameof(ServiceCommandTests)).Text;
        command.ShouldContain(WrittenIssuer);
        await using var service = StartedService.Execute(command.Replace(WrittenIssuer, issuer.Address, StringComparison.Ordinal));
        using var ada = await service.ClientAsync(Sign(issuer, Claims("ada", issuer.Address, Audience().Match(command).Groups[1].Value)));
        using var other = await service.ClientAsync(Sign(issuer, Claims("ada", issuer.Address, "another-service")));

        using var refused = await other.GetAsync("/api/rooms/general/messages");

        await refused.ShouldBeProblemAsync(HttpStatusCode.Unauthorized);
        await ada.SayAsync("general", "Hello, by the issuer");
    }

    private static string Claims(string sub, string? iss = null, string? aud = null) =>
        JsonSerializer.Serialize(new { sub, iss, aud, rooms = new[] { "general" }, exp = TestTokens.Now + 60 }, WithoutNulls);

    private static string Sign(Issuer issuer, string claims) =>
        Issuer.Sign(claims, "RS256", "rsa", content => issuer.Rsa.SignData(content, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));

    [GeneratedRegex(@"Auth__SigningKey=(\S+)")]
    private static partial Regex SigningKey();

    [GeneratedRegex(@"Auth__Audience=(\S+)")]
    private static partial Regex Audience();
}
