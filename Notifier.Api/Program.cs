using Notifier.Api;
using Notifier.Api.Access;
using Notifier.Api.Admin;
using Notifier.Api.Commands;
using Notifier.Api.Operations;
using Notifier.Api.Problems;
using Notifier.Api.Queries;
using Notifier.Api.Queries.Caching;
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
    .AddAccess(settings)
    .AddCommands()
    .AddAnswerCache()
    .AddStreams();

var app = builder.Build();

app.UseProxies(settings);
app.UseOrigins(settings);
app.UseMiddleware<ProblemMiddleware>();
app.UseOperationsPort(settings);
app.UseDefaultFiles();
app.UseStaticFiles();
app.UseAuthentication();
app.UseAuthorization();
app.UseOutputCache();

app.MapStreams();
app.MapCommands(app.Environment);
app.MapQueries();
app.MapSession();
app.MapAdmin();
app.MapHealth();

app.WarmUp();
app.WarnOfSettings(builder.Configuration);
await app.RunAsync();
return 0;
