using System.Globalization;
using Serilog.Events;
using Serilog.Formatting.Json;

namespace Notifier.Api.Operations;

/// <summary>
/// Writes a log event exactly as Serilog's <see cref="JsonFormatter"/> does with its message rendered, at a fraction of the cost; what is rare in our lines,
/// dates, formats, destructured objects, it leaves to that.
/// </summary>
internal static class JsonLine
{
    private static readonly JsonFormatter Serilogs = new(renderMessage: true);

    public static void Write(LogEvent line, LineBuffer output)
    {
        if (TryWrite(line, output)) return;

        output.Clear();
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        Serilogs.Format(line, text);
        output.Write(text.ToString());
    }

    /// <summary>Writes the line of an event that nobody made, with no exception and no trace; false, with half of it written: a value is not known here.</summary>
    public static bool TryWrite(DateTimeOffset time, string template, List<KeyValuePair<string, object?>> properties, LineBuffer output)
    {
        var sentence = LineSentence.Of(template);
        if (sentence.HasFormats) return false;

        WriteHead(time, nameof(LogEventLevel.Information), sentence, output);
        var next = 0;
        foreach (var (property, textJson) in sentence.Tokens)
        {
            if (property is null || !TryFind(properties, property, ref next, out var value)) output.Write(textJson);
            else if (!TryRender(value, output)) return false;
        }

        var before = "\",\"Properties\":{\"";
        foreach (var (name, value) in properties)
        {
            WriteName(before, name, output);
            if (value is EventId id) WriteEventId(id, output);
            else if (!TryWriteScalar(value, output)) return false;
            before = ",\"";
        }

        output.Write("}}");
        output.Write(Environment.NewLine);
        return true;
    }

    private static bool TryWrite(LogEvent line, LineBuffer output)
    {
        var sentence = LineSentence.Of(line.MessageTemplate);
        if (sentence.HasFormats) return false;

        WriteHead(line.Timestamp, Enum.GetName(line.Level) ?? line.Level.ToString(), sentence, output);
        foreach (var (property, textJson) in sentence.Tokens)
        {
            if (property is null || !line.Properties.TryGetValue(property, out var value)) output.Write(textJson);
            else if (value is not ScalarValue { Value: var scalar } || !TryRender(scalar, output)) return false;
        }

        if (line.TraceId is { } trace)
        {
            output.Write("\",\"TraceId\":\"");
            output.Write(trace.ToHexString());
        }

        if (line.SpanId is { } span)
        {
            output.Write("\",\"SpanId\":\"");
            output.Write(span.ToHexString());
        }

        if (line.Exception is { } exception)
        {
            output.Write("\",\"Exception\":\"");
            output.WriteEscaped(exception.ToString());
        }

        output.Write("\"");
        if (!TryWriteProperties(line.Properties, output)) return false;
        output.Write("}");
        output.Write(Environment.NewLine);
        return true;
    }

    /// <summary>Looks from <paramref name="next"/> on first: the values of a sentence come in its own order, as a rule.</summary>
    private static bool TryFind(List<KeyValuePair<string, object?>> properties, string name, ref int next, out object? value)
    {
        for (var seen = 0; seen < properties.Count; seen++, next++)
        {
            if (next >= properties.Count) next = 0;
            if (properties[next].Key != name) continue;
            value = properties[next++].Value;
            return true;
        }

        value = null;
        return false;
    }

    private static void WriteHead(DateTimeOffset time, string level, LineSentence sentence, LineBuffer output)
    {
        output.Write("{\"Timestamp\":\"");
        output.Write(time, "O");
        output.Write("\",\"Level\":\"");
        output.Write(level);
        output.Write("\",\"MessageTemplate\":\"");
        output.Write(sentence.TextJson);
        output.Write("\",\"RenderedMessage\":\"");
    }

    /// <summary>Writes a value as it stands in the rendered message, which is a string of JSON; false: not known here.</summary>
    private static bool TryRender(object? scalar, LineBuffer output)
    {
        if (scalar is string text)
        {
            output.Write("\\\"");
            output.WriteEscaped(text, quote: @"\\\""");
            output.Write("\\\"");
            return true;
        }

        if (scalar is not bool isTrue) return TryWriteNumber(scalar, output);

        output.Write(isTrue ? "True" : "False");
        return true;
    }

    private static bool TryWriteProperties(IReadOnlyDictionary<string, LogEventPropertyValue> properties, LineBuffer output)
    {
        // As what it is, it is enumerated without an object for that.
        if (properties is not Dictionary<string, LogEventPropertyValue> { Count: > 0 } known) return properties.Count == 0;

        var before = ",\"Properties\":{\"";
        foreach (var (name, value) in known)
        {
            if (!TryWriteProperty(before, name, value, output)) return false;
            before = ",\"";
        }

        output.Write("}");
        return true;
    }

    private static bool TryWriteProperty(string before, string name, LogEventPropertyValue value, LineBuffer output)
    {
        WriteName(before, name, output);
        return TryWrite(value, output);
    }

    private static void WriteName(string before, string name, LineBuffer output)
    {
        output.Write(before);
        output.WriteEscaped(name);
        output.Write("\":");
    }

    /// <summary>Writes a value as JSON; false: not known here.</summary>
    private static bool TryWrite(LogEventPropertyValue value, LineBuffer output)
    {
        if (value is StructureValue { TypeTag: null, Properties: { Count: > 0 } properties })
        {
            for (var i = 0; i < properties.Count; i++)
            {
                if (!TryWriteProperty(i == 0 ? "{\"" : ",\"", properties[i].Name, properties[i].Value, output)) return false;
            }

            output.Write("}");
            return true;
        }

        return value is ScalarValue { Value: var scalar } && TryWriteScalar(scalar, output);
    }

    private static bool TryWriteScalar(object? scalar, LineBuffer output)
    {
        if (scalar is string text)
        {
            output.Write("\"");
            output.WriteEscaped(text);
            output.Write("\"");
            return true;
        }

        if (scalar is not bool isTrue) return TryWriteNumber(scalar, output);

        output.Write(isTrue ? "true" : "false");
        return true;
    }

    private static void WriteEventId(EventId id, LineBuffer output)
    {
        var before = "{\"";
        if (id.Id != 0)
        {
            WriteName(before, nameof(id.Id), output);
            output.Write(id.Id);
            before = ",\"";
        }

        if (id.Name is { } name)
        {
            WriteName(before, nameof(id.Name), output);
            TryWriteScalar(name, output);
        }

        output.Write("}");
    }

    /// <summary>Writes a number or null, which are the same in the message and in JSON; false: neither of them.</summary>
    private static bool TryWriteNumber(object? scalar, LineBuffer output)
    {
        switch (scalar)
        {
            case null: output.Write("null"); return true;
            case int number: output.Write(number); return true;
            case long number: output.Write(number); return true;
            case double number when double.IsFinite(number): output.Write(number, "R"); return true;
            default: return false;
        }
    }
}
