using Notifier.Api;
using Notifier.Api.Access;
using Notifier.Api.Admin;
using Notifier.Api.Commands;
using Notifier.Api.Descriptions;
using Notifier.Api.Operations;
using Notifier.Api.Operations.Metrics;
using Notifier.Api.Problems;
using Notifier.Api.Queries;
using Notifier.Api.Settings;
using Notifier.Api.Streams;

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
await builder.Services.AddStoreAsync(settings);
builder.Services
    .AddSettings(settings)
    .AddNotifierMetrics()
    .AddAccess(settings)
    .AddCommands()
    .AddStreams()
    .AddAdmin();

var app = builder.Build();

app.UseProxies(settings);
app.UseOrigins(settings);
app.UseMiddleware<CommandLog>();
app.UseMiddleware<ProblemMiddleware>();
app.UseOperationsPort(settings);
app.UseDefaultFiles();
app.UseStaticFiles();
app.UseAuthentication();
app.UseAuthorization();

app.MapStreams();
app.MapCommands(app.Environment);
app.MapQueries();
app.MapAdmin();
app.MapHealth();
app.MapMetrics();
app.MapDescriptions();

app.WarmUp();
app.WarnOfSettings(builder.Configuration);
await app.RunAsync();
return 0;
