using Notifier.Api;
using Notifier.Api.Access;
using Notifier.Api.Admin;
using Notifier.Api.Commands;
using Notifier.Api.Descriptions;
using Notifier.Api.Diagnostics;
using Notifier.Api.Operations;
using Notifier.Api.Operations.Metrics;
using Notifier.Api.Problems;
using Notifier.Api.Queries;
using Notifier.Api.Queries.Caching;
using Notifier.Api.Settings;
using Notifier.Api.Streams;
using Notifier.Core.Log.Embedded;

// A word and no setting, so the configuration never sees it.
var isRepair = args.Contains("--repair");
args = [.. args.Where(arg => arg != "--repair")];
var builder = WebApplication.CreateBuilder(args);

NotifierSettings settings;
try
{
    settings = NotifierSettings.Read(builder.Configuration, builder.Environment);
}
catch (InvalidSettingsException e)
{
    await Console.Error.WriteLineAsync($"Notifier cannot start:{Environment.NewLine}{e.Message}");
    return 1;
}

builder.AddLogs();
builder.UseListening(settings, args);
await builder.Services.AddStoreAsync(settings, isRepair);
builder.Services
    .AddSettings(settings)
    .AddNotifierMetrics()
    .AddAccess(settings)
    .AddCommands()
    .AddAnswerCache()
    .AddStreams()
    .AddAdmin();

var app = builder.Build();

// First of all, since what is mapped asks for the store.
try
{
    app.WarmUp();
}
catch (JournalException e)
{
    await Console.Error.WriteLineAsync($"Notifier cannot start:{Environment.NewLine}{e.Message}");
    return 1;
}

app.UseSecurityHeaders();
app.UseProxies(settings);
app.UseOrigins(settings);
app.UseMiddleware<CommandLog>();
app.UseMiddleware<ProblemMiddleware>();
app.UseOperationsPort(settings);
app.UseDefaultFiles();
app.UseStaticFiles();
app.UseAccess();
app.UseOutputCache();

app.MapStreams();
app.MapCommands(app.Environment);
app.MapQueries();
app.MapSession();
app.MapSelfCheck();
app.MapAdmin();
app.MapHealth();
app.MapMetrics();
app.MapDescriptions();

await app.RunAsync();
return 0;
