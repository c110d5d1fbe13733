using System.Globalization;
using Microsoft.Extensions.Configuration.Memory;
using Serilog;
using Serilog.Events;
using Serilog.Extensions.Logging;

namespace Notifier.Api.Operations;

/// <summary>Logs to the console: a line of JSON each, or plain text in Development.</summary>
internal static class Logs
{
    private static readonly Dictionary<string, string?> Defaults = new(StringComparer.Ordinal)
    {
        ["Logging:LogLevel:Default"] = "Information",
        ["Logging:LogLevel:Microsoft"] = "Warning",
        ["Logging:LogLevel:Microsoft.Hosting.Lifetime"] = "Information",

        // What it would log of a request, CommandLog does; a scope and an activity for each request cost a waiting stream 0.8 KiB.
        ["Logging:LogLevel:Microsoft.AspNetCore.Hosting.Diagnostics"] = "None",

        // All that scopes add by themselves is the server's name for the connection, and each waiting stream holds 0.2 KiB for it.
        ["Logging:CaptureScopes"] = "false",
    };

    public static void AddLogs(this WebApplicationBuilder builder)
    {
        // Under everything else that is configured, so that the levels hold wherever the process is started.
        builder.Configuration.Sources.Insert(0, new MemoryConfigurationSource { InitialData = Defaults });

        IWaitingLines lines = builder.Environment.IsDevelopment() ? PlainText() : Json();
        var log = new UnhurriedLog(lines, TimeProvider.System);

        // Levels are the framework's own settings (Logging:LogLevel), so Serilog lets everything through that reaches it, but for the two that write
        // whole addresses: those hold access tokens and tickets.
        var logger = new LoggerConfiguration().MinimumLevel.Is(LogEventLevel.Verbose).Enrich.FromLogContext()
            .Filter.ByExcluding(line => line.Level < LogEventLevel.Warning && WritesAddresses(line)).WriteTo.Sink(log).CreateLogger();
        var provider = new SerilogLoggerProvider(logger, dispose: true);
        builder.Logging.ClearProviders();
        builder.Logging.AddProvider(lines is WaitingText text ? new LineLogs(provider, log, text, TimeProvider.System) : provider);
    }

    private static WaitingEvents PlainText() =>
        new(Everything().WriteTo.Console(outputTemplate: "{Timestamp:HH:mm:ss.fff} {Level:u3} {Message:lj}{NewLine}{Exception}", formatProvider: CultureInfo.InvariantCulture).CreateLogger());

    private static WaitingText Json()
    {
        // The console's own writer takes a system call for each 256 characters.
        Console.SetOut(new StreamWriter(Console.OpenStandardOutput(), Console.Out.Encoding, WaitingText.BlockChars) { AutoFlush = true });
        var console = Everything().WriteTo.Console(
            outputTemplate: $"{{{WaitingText.Property}}}", formatProvider: CultureInfo.InvariantCulture, theme: new StraightTheme(), applyThemeToRedirectedOutput: true);
        return new(console.CreateLogger(), TimeProvider.System);
    }

    private static LoggerConfiguration Everything() => new LoggerConfiguration().MinimumLevel.Is(LogEventLevel.Verbose);

    /// <summary>True for the two loggers that write whole addresses.</summary>
    public static bool WritesAddresses(string source) => source is "Microsoft.AspNetCore.Hosting.Diagnostics" or "Microsoft.AspNetCore.Server.Kestrel.BadRequests";

    private static bool WritesAddresses(LogEvent line) =>
        line.Properties.TryGetValue("SourceContext", out var source) && source is ScalarValue { Value: string name } && WritesAddresses(name);
}
