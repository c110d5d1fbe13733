using System.Reflection;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using FluentValidation;
using FluentValidation.Results;
using Notifier.Api.Access;
using Notifier.Api.Problems;
using Notifier.Core.Events;
using Notifier.Core.Log;

namespace Notifier.Api.Commands;

/// <summary>
/// A command's body, read once: its size, form and text are checked here, its rules by the filter, and its bytes are what an
/// <c>Idempotency-Key</c> is bound to. An endpoint that runs has a valid one.
/// </summary>
internal sealed class Command<TBody> : ICommand
    where TBody : class
{
    private readonly TBody? _body;
    private readonly byte[] _bodySha256 = [];

    private Command(Problem rejection) => Rejection = rejection;

    private Command(TBody body, byte[] bodySha256, string? idempotencyKey)
    {
        _body = body;
        _bodySha256 = bodySha256;
        IdempotencyKey = idempotencyKey;
    }

    public TBody Body => _body ?? throw new InvalidOperationException("The body was rejected.");

    public Problem? Rejection { get; }

    public string? IdempotencyKey { get; }

    /// <summary>Lets endpoints name the command as a parameter.</summary>
    public static async ValueTask<Command<TBody>?> BindAsync(HttpContext http, ParameterInfo parameter)
    {
        var (bytes, problem) = await RequestBody.ReadAsync(http);
        if (problem is not null) return new(problem);

        var key = http.Request.Headers["Idempotency-Key"];
        try
        {
            var body = JsonSerializer.Deserialize(bytes.Span, (JsonTypeInfo<TBody>)NotifierJson.Default.GetTypeInfo(typeof(TBody))!);
            if (body is ITypedBody { Type: { } type } && EventType.IsValid(type)) http.Features.Set(new EventOf(type));
            return body is null
                ? new(Problem.Invalid("$", "takes a JSON object"))
                : key.Count > 0 ? new(body, SHA256.HashData(bytes.Span), key.ToString()) : new(body, [], null);
        }
        catch (JsonException e)
        {
            return new(RequestBody.Explain(bytes.Span, e));
        }
    }

    public ValidationResult Validate(IServiceProvider services) => services.GetRequiredService<IValidator<TBody>>().Validate(Body);

    /// <summary>The key under which the command's event is stored once; null where the caller asked for no such thing.</summary>
    public OnceKey? Once(Caller caller, HttpContext http) =>
        IdempotencyKey is null ? null : OnceKey.Of(caller.User.Id, http.Request.Path, IdempotencyKey, _bodySha256);
}
