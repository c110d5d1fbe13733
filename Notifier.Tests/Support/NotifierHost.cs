using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Notifier.Tests.Support;

/// <summary>The service in this process, on Kestrel and a port of its own; clients speak real HTTP to it.</summary>
public class NotifierHost : IAsyncDisposable, IDisposable
{
    /// <summary>Tests send more, and faster, than a caller may by default.</summary>
    public static readonly string[] PermitSettings = ["PermitsPerMinute", "Burst", "EphemeralPerMinute", "PublisherPermitsPerMinute"];

    private readonly WebApplicationFactory<Program> _factory;

    public NotifierHost()
        : this([])
    {
    }

    private NotifierHost((string Name, string Value)[] settings, string environment = "Development", Action<IServiceCollection>? services = null)
    {
        _factory = new WebApplicationFactory<Program>().WithWebHostBuilder(web =>
        {
            web.UseEnvironment(environment);
            web.UseSetting("urls", "http://127.0.0.1:0");

            // What an operator would have is kept for the end of the run; the console shows what a developer looks at.
            web.UseSetting("Logging:LogLevel:Default", "Information");
            web.UseSetting("Logging:Serilog:LogLevel:Default", "Warning");
            web.UseSetting("Logging:Serilog:LogLevel:Microsoft.Hosting.Lifetime", "Warning");
            web.ConfigureTestServices(seen => seen
                .AddSingleton<ILoggerProvider>(new RunLines(RunRecord.OfThisRun))
                .AddSingleton<IStartupFilter>(new SeenCredentials(RunRecord.OfThisRun)));
            web.UseSetting("Streams:MaxPerUser", "10000");
            foreach (var name in PermitSettings) web.UseSetting($"Commands:{name}", "1000000000");
            web.UseSetting("Log:Path", "");
            foreach (var (name, value) in settings) web.UseSetting(name, value);
            if (services is not null) web.ConfigureTestServices(services);
        });
        _factory.UseKestrel(0);
        _factory.StartServer();
        Address = _factory.ClientOptions.BaseAddress;
        Http = NewClient();
    }

    /// <summary>Where it listens.</summary>
    public Uri Address { get; }

    /// <summary>A client without a token: in Development a guest with every role but admin.</summary>
    public HttpClient Http { get; }

    public IServiceProvider Services => _factory.Services;

    public static NotifierHost With(params (string Name, string Value)[] settings) => new(settings);

    public static NotifierHost With(Action<IServiceCollection> services, params (string Name, string Value)[] settings) => new(settings, services: services);

    public static NotifierHost In(string environment, params (string Name, string Value)[] settings) => new(settings, environment);

    /// <summary>A client of its own connections.</summary>
    public HttpClient NewClient(string? token = null)
    {
        var client = new HttpClient(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false }) { BaseAddress = Address, Timeout = TimeSpan.FromSeconds(30) };
        if (token is not null) client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return client;
    }

    /// <summary>A token from the development issuer.</summary>
    public async Task<string> TokenAsync(string sub, string[]? roles = null, string[]? rooms = null, string[]? roomsRead = null, int? expiresInSeconds = null, string? name = null)
    {
        using var answer = await Http.PostAsJsonAsync(
            "/api/dev/tokens", new Dictionary<string, object?> { ["sub"] = sub, ["roles"] = roles, ["rooms"] = rooms, ["rooms_read"] = roomsRead, ["expiresInSeconds"] = expiresInSeconds, ["name"] = name });
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>();
        return RunRecord.OfThisRun.KeepCredential(body.GetProperty("token").GetString()!);
    }

    /// <summary>Opens a stream and reads its welcome.</summary>
    public Task<SseStreamReader> OpenAsync(string path, string? lastEventId = null, string? token = null) =>
        SseStreamReader.OpenAsync(NewClient(token), path, lastEventId);

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _factory.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    public void Dispose()
    {
        Http.Dispose();
        _factory.Dispose();
        GC.SuppressFinalize(this);
    }
}
