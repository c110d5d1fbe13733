namespace Notifier.Api.Operations;

/// <summary>A log line whose values are text and numbers, as nearly all are, while it is made. Reused, so that a line costs no memory of its own. Used by one thread.</summary>
internal sealed class PlainLine
{
    private const string Template = "{OriginalFormat}";

    private readonly List<KeyValuePair<string, object?>> _properties = [];
    private readonly LineBuffer _text = new();
    private string? _template;
    private bool _isPlain;
    private bool _hasScope;

    /// <summary>The line as <see cref="JsonLine"/> writes it.</summary>
    public ReadOnlySpan<char> Text => _text.Text;

    /// <summary>Makes the line; false where that is Serilog's: something in it is not plain.</summary>
    public bool TryMake(DateTimeOffset time, EventId id, string source, IReadOnlyList<KeyValuePair<string, object?>> values, IExternalScopeProvider scopes)
    {
        _text.Clear();
        _properties.Clear();
        _template = null;
        _isPlain = true;
        _hasScope = false;
        AddAll(values);

        // In Serilog's order.
        if (id.Id != 0 || id.Name is not null) Add(nameof(EventId), id);
        Add("SourceContext", source);
        var template = _template;
        scopes.ForEachScope(static (scope, line) => line.AddScope(scope), this);
        return _isPlain && template is not null && ReferenceEquals(template, _template) && JsonLine.TryWrite(time, template, _properties, _text);
    }

    private void AddScope(object? scope)
    {
        // Which of several comes first is Serilog's to say.
        if (_hasScope || scope is not IReadOnlyList<KeyValuePair<string, object?>> values) _isPlain = false;
        else AddAll(values);
        _hasScope = true;
    }

    private void AddAll(IReadOnlyList<KeyValuePair<string, object?>> values)
    {
        for (var i = 0; i < values.Count; i++)
        {
            var (name, value) = values[i];
            if (name == Template) _template = value as string;
            else Add(name, value);
        }
    }

    private void Add(string name, object? value)
    {
        // Of a name that comes twice Serilog keeps one; these signs ask it for another form of the value.
        if (name is not [not ('@' or '$' or ' '), ..]) _isPlain = false;
        foreach (var (earlier, _) in _properties)
        {
            if (earlier == name) _isPlain = false;
        }

        _properties.Add(new(name, value));
    }
}
