using System.Buffers.Text;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Notifier.Benchmarks.Load;

/// <summary>The service, and what else this machine has that does the same work.</summary>
internal static class Targets
{
    private const string NchanModule = "ngx_nchan_module.so";

    private static readonly string[] ModuleFolders = ["/usr/lib/nginx/modules", "/usr/lib64/nginx/modules", "/usr/local/lib/nginx/modules", "/etc/nginx/modules"];

    public static List<(string Name, Func<Task<Target>> Start)> Find(bool withPeers)
    {
        var found = new List<(string, Func<Task<Target>>)> { ("notifier", StartNotifierAsync) };
        if (!withPeers) return found;
        if (FindNchan() is { } module) found.Add(("nchan", () => StartNchanAsync(module)));
        found.Add(("naive hub", StartNaiveHubAsync));
        return found;
    }

    /// <summary>As it is run in earnest: Production, and a token on every request. The events are kept in memory, as the peers keep theirs.</summary>
    private static Task<Target> StartNotifierAsync()
    {
        var key = RandomNumberGenerator.GetHexString(64);
        var header = $"Authorization: Bearer {Token(key)}\r\n";
        return Target.StartAsync("notifier", (port, folder) => Dotnet("Notifier.Api.dll", port, folder, new()
        {
            ["Auth__SigningKey"] = key,
            ["Log__Path"] = "",
            ["Streams__MaxPerUser"] = "1000000",
            ["Commands__PublisherPermitsPerMinute"] = "1000000000",
            ["Commands__PermitsPerMinute"] = "1000000000",
        }), new(
            room => TargetRequests.Get($"/api/rooms/r{room}/events", header),
            (room, data) => TargetRequests.Post($"/api/rooms/r{room}/events", header, $$"""{"type":"load","data":{{data}}}""")));
    }

    private static Task<Target> StartNaiveHubAsync() => Target.StartAsync(
        "naive hub",
        (port, folder) =>
        {
            var start = Dotnet("Notifier.Benchmarks.dll", port, folder, []);
            start.ArgumentList.Insert(1, "naive-hub");
            return start;
        },
        TargetRequests.Plain("/sub/r", "/pub/r"));

    private static Task<Target> StartNchanAsync(string module) => Target.StartAsync(
        "nchan",
        (port, folder) =>
        {
            Directory.CreateDirectory(Path.Combine(folder, "logs"));
            var configuration = Path.Combine(folder, "nginx.conf");
            File.WriteAllText(configuration, NchanConfiguration(module, port, folder));
            return new("nginx", ["-p", folder, "-c", configuration, "-e", Path.Combine(folder, "logs", "error.log")]);
        },
        TargetRequests.Plain("/sub/r", "/pub/r"));

    private static string? FindNchan()
    {
        var hasNginx = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/sbin").Any(folder => File.Exists(Path.Combine(folder, "nginx")));
        return hasNginx ? ModuleFolders.Select(folder => Path.Combine(folder, NchanModule)).FirstOrDefault(File.Exists) : null;
    }

    private static ProcessStartInfo Dotnet(string assembly, int port, string folder, Dictionary<string, string> settings)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, assembly), "--urls", string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}")])
        {
            WorkingDirectory = folder,
        };
        start.Environment["ASPNETCORE_ENVIRONMENT"] = "Production";
        foreach (var (name, value) in settings) start.Environment[name] = value;
        return start;
    }

    private static string Token(string key)
    {
        static string Part(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));
        var signed = $$"""{{Part("""{"alg":"HS256","typ":"JWT"}""")}}.{{Part("""{"sub":"load","roles":["publisher"],"rooms":["*"],"exp":4102444800}""")}}""";
        return $"{signed}.{Base64Url.EncodeToString(HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), Encoding.ASCII.GetBytes(signed)))}";
    }

    private static string NchanConfiguration(string module, int port, string folder) =>
        $$"""
          load_module {{module}};
          daemon off;
          user root;
          worker_processes 1;
          pid {{folder}}/nginx.pid;
          worker_rlimit_nofile 20000;
          events { worker_connections 19900; multi_accept on; }
          http {
              access_log off;
              keepalive_requests 100000000;
              keepalive_timeout 600s;
              client_body_buffer_size 16k;
              nchan_shared_memory_size 1024M;
              server {
                  listen 127.0.0.1:{{port}} backlog=4096;
                  location ~ ^/sub/(\w+)$ {
                      nchan_subscriber eventsource;
                      nchan_channel_id $1;
                      nchan_subscriber_first_message newest;
                      nchan_eventsource_ping_interval 15s;
                  }
                  location ~ ^/pub/(\w+)$ {
                      nchan_publisher http;
                      nchan_channel_id $1;
                      nchan_message_buffer_length 1000;
                      nchan_message_timeout 10m;
                  }
              }
          }
          """;
}
