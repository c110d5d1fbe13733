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

    private static bool TryWrite(LogEvent line, LineBuffer output)
    {
        var sentence = LineSentence.Of(line.MessageTemplate);
        if (sentence.HasFormats) return false;

        output.Write("{\"Timestamp\":\"");
        output.Write(line.Timestamp, "O");
        output.Write("\",\"Level\":\"");
        output.Write(Enum.GetName(line.Level) ?? line.Level.ToString());
        output.Write("\",\"MessageTemplate\":\"");
        output.Write(sentence.TextJson);
        output.Write("\",\"RenderedMessage\":\"");
        foreach (var (property, textJson) in sentence.Tokens)
        {
            if (property is null || !line.Properties.TryGetValue(property, out var value)) output.Write(textJson);
            else if (!TryRender(value, output)) return false;
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

    /// <summary>Writes a value as it stands in the rendered message, which is a string of JSON; false: not known here.</summary>
    private static bool TryRender(LogEventPropertyValue value, LineBuffer output)
    {
        if (value is not ScalarValue { Value: var scalar }) return false;

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
        output.Write(before);
        output.WriteEscaped(name);
        output.Write("\":");
        return TryWrite(value, output);
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

        if (value is not ScalarValue { Value: var scalar }) return false;

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
