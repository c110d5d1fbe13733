using System.Runtime.CompilerServices;
using Serilog.Events;
using Serilog.Parsing;

namespace Notifier.Api.Operations;

/// <summary>A message template as log lines need it, made once: its text as JSON, and its tokens.</summary>
internal sealed class LineSentence
{
    /// <summary>Forgets the templates that nobody holds: what was logged without a template makes one for every line.</summary>
    private static readonly ConditionalWeakTable<MessageTemplate, LineSentence> Known = [];

    private static readonly ConditionalWeakTable<string, LineSentence> KnownByText = [];

    private LineSentence(MessageTemplate template)
    {
        TextJson = Escape(template.Text);
        Tokens = [.. template.Tokens.Select(token => ((token as PropertyToken)?.PropertyName, Escape($"{token}")))];
        HasFormats = template.Tokens.Any(token => token is PropertyToken { Format: not null } or PropertyToken { Alignment: not null } or not (PropertyToken or TextToken));
    }

    /// <summary>The template's own text, as it stands within a string of JSON.</summary>
    public string TextJson { get; }

    /// <summary>Each token's property, and its text for a string of JSON, which stands for a property that an event lacks too; null: text alone.</summary>
    public (string? Property, string TextJson)[] Tokens { get; }

    /// <summary>Whether a value is not written as it comes.</summary>
    public bool HasFormats { get; }

    /// <summary>The sentence of a template that nobody parsed; remembered for that very object.</summary>
    public static LineSentence Of(string template) => KnownByText.GetValue(template, static template => new(new MessageTemplateParser().Parse(template)));

    public static LineSentence Of(MessageTemplate template) => Known.GetValue(template, static template => new(template));

    private static string Escape(string text)
    {
        var buffer = new LineBuffer();
        buffer.WriteEscaped(text);
        return buffer.Text.ToString();
    }
}
