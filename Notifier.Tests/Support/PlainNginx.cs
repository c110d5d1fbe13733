using System.Diagnostics;

namespace Notifier.Tests.Support;

/// <summary>nginx as somebody else might have set it up: <c>proxy_pass</c>, and for streams and commands the directives that a test gives.</summary>
internal sealed class PlainNginx : IAsyncDisposable
{
    private readonly ScratchFolder _folder = new();
    private readonly Process _process;

    private PlainNginx(string path, int port, Uri behind, string directives)
    {
        Address = new($"http://127.0.0.1:{port}");
        var folder = _folder.Path;
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | UnixFileMode.OtherExecute);
        var temporary = string.Join('\n', new[] { "client_body", "proxy", "fastcgi", "uwsgi", "scgi" }.Select(kind => $"{kind}_temp_path {folder}/{kind};"));
        File.WriteAllText(
            Path.Combine(folder, "nginx.conf"),
            $$"""
            events { worker_connections 128; }
            http {
                access_log off;
                error_log stderr emerg;
                {{temporary}}
                server {
                    listen 127.0.0.1:{{port}};
                    proxy_http_version 1.1;
                    location / { proxy_pass {{behind.GetLeftPart(UriPartial.Authority)}}; }
                    location /api/ {
                        proxy_pass {{behind.GetLeftPart(UriPartial.Authority)}};
                        {{directives}}
                    }
                }
            }
            """);
        _process = Tool.Start(path, folder, "-c", Path.Combine(folder, "nginx.conf"), "-g", $"daemon off; pid {folder}/nginx.pid;", "-e", "stderr");
    }

    public Uri Address { get; }

    /// <summary>Starts it in front of an instance; the test is skipped where it is not installed.</summary>
    public static async Task<PlainNginx> StartAsync(Uri behind, string directives)
    {
        var nginx = new PlainNginx(Tool.Required("nginx", "nginx"), FreePort.Next(), behind, directives);
        await FreePort.TakenAsync(nginx.Address.Port, TimeSpan.FromSeconds(20), () => nginx._process.HasExited ? nginx._process.StandardError.ReadToEnd() : null);
        return nginx;
    }

    public async ValueTask DisposeAsync()
    {
        // Its workers too, which the master takes along at this signal.
        if (!_process.HasExited) _process.Send("TERM");
        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Dispose();
    }
}
