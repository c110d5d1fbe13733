using System.Linq.Expressions;
using System.Text.Json;
using FluentValidation;

namespace Notifier.Api.Commands;

/// <summary>All commands of CONTRACT 4, behind one filter.</summary>
internal static class CommandRoutes
{
    public static IServiceCollection AddCommands(this IServiceCollection services)
    {
        ValidatorOptions.Global.PropertyNameResolver = static (_, _, expression) => expression is null ? null : NameOf(expression.Body);
        services.AddSingleton<EventWriter>();
        services.AddSingleton<IValidator<SendMessage.Request>, SendMessage.Validator>();
        services.AddSingleton<IValidator<SendRoomEvent.Request>, SendRoomEvent.Validator>();
        services.AddSingleton<IValidator<SendTyping.Request>, SendTyping.Validator>();
        services.AddSingleton<IValidator<SendPrivateMessage.Request>, SendPrivateMessage.Validator>();
        services.AddSingleton<IValidator<Notify.Request>, Notify.Validator>();
        services.AddSingleton<IValidator<MarkRead.Request>, MarkRead.Validator>();
        services.AddSingleton<IValidator<Broadcast.Request>, Broadcast.Validator>();
        services.AddSingleton<IValidator<PublishBatch>, Publish.Validator>();
        services.AddSingleton<IValidator<CompleteLesson.Request>, CompleteLesson.Validator>();
        services.AddSingleton<IValidator<IssueTicket.Request>, IssueTicket.Validator>();
        services.AddSingleton<IValidator<IssueDevelopmentToken.Request>, IssueDevelopmentToken.Validator>();
        return services;
    }

    /// <summary>The path to a member as the body writes it: <c>onBehalfOf.id</c>.</summary>
    private static string? NameOf(Expression expression)
    {
        if (expression is not MemberExpression member) return null;
        var name = JsonNamingPolicy.CamelCase.ConvertName(member.Member.Name);
        return member.Expression is { } outer && NameOf(outer) is { } path ? $"{path}.{name}" : name;
    }

    public static void MapCommands(this IEndpointRouteBuilder app, IHostEnvironment environment)
    {
        var routes = app.MapGroup("").AddEndpointFilter<ValidationFilter>().RequireAuthorization();
        SendMessage.Map(routes);
        SendRoomEvent.Map(routes);
        SendTyping.Map(routes);
        SendPrivateMessage.Map(routes);
        Notify.Map(routes);
        MarkRead.Map(routes);
        Broadcast.Map(routes);
        Publish.Map(routes);
        CompleteLesson.Map(routes);
        IssueTicket.Map(routes);
        if (environment.IsDevelopment()) IssueDevelopmentToken.Map(routes);
    }
}
