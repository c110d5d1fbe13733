using System.Text.Json;
using System.Text.RegularExpressions;

namespace Notifier.Tests.Support;

/// <summary>Checks values against JSON Schema 2020-12, in the words that the service's documents use; one that it does not know fails.</summary>
internal sealed class JsonSchema(JsonElement document)
{
    private static readonly HashSet<string> Annotations = ["description", "examples", "example", "title", "default"];

    /// <summary>What is wrong with a value, each with its place; empty where nothing is.</summary>
    public List<string> Check(JsonElement schema, JsonElement value, string place = "$")
    {
        var errors = new List<string>();
        foreach (var word in schema.EnumerateObject()) Check(word.Name, word.Value, schema, value, place, errors);
        return errors;
    }

    /// <summary>Members of a value that its schema does not name, which a client that is made from the document would never see; each with its place.</summary>
    public List<string> Undescribed(JsonElement schema, JsonElement value, string place = "$")
    {
        var errors = new List<string>();
        var forms = Forms(schema, value).ToArray();
        if (value.ValueKind == JsonValueKind.Array)
        {
            foreach (var items in forms.Where(form => form.TryGetProperty("items", out _)).Select(form => form.GetProperty("items")))
            {
                foreach (var item in value.EnumerateArray()) errors.AddRange(Undescribed(items, item, $"{place}[]"));
            }
        }
        else if (value.ValueKind == JsonValueKind.Object && forms.Any(form => form.TryGetProperty("properties", out _)))
        {
            foreach (var member in value.EnumerateObject())
            {
                var known = forms.Where(form => form.TryGetProperty("properties", out var properties) && properties.TryGetProperty(member.Name, out _)).Select(form => form.GetProperty("properties").GetProperty(member.Name)).ToArray();
                if (known.Length == 0) errors.Add($"{place}.{member.Name} is not described");

                // The narrower form names what the wider one leaves open.
                else errors.AddRange(Undescribed(known[^1], member.Value, $"{place}.{member.Name}"));
            }
        }

        return errors;
    }

    /// <summary>What a reference in the document means.</summary>
    public JsonElement Resolve(JsonElement node) => node.ValueKind == JsonValueKind.Object && node.TryGetProperty("$ref", out var reference) ? Resolve(Find(reference.GetString()!)) : node;

    /// <summary>A schema, and those that it is made of, as far as the value fits them.</summary>
    private IEnumerable<JsonElement> Forms(JsonElement schema, JsonElement value)
    {
        schema = Resolve(schema);
        yield return schema;
        foreach (var word in new[] { "allOf", "oneOf" })
        {
            if (!schema.TryGetProperty(word, out var parts)) continue;
            foreach (var form in parts.EnumerateArray().Where(part => word == "allOf" || Check(part, value).Count == 0).SelectMany(part => Forms(part, value))) yield return form;
        }
    }

    private JsonElement Find(string reference)
    {
        var node = document;
        foreach (var name in reference.Split('/').Skip(1)) node = node.GetProperty(name.Replace("~1", "/").Replace("~0", "~"));
        return node;
    }

    private void Check(string word, JsonElement rule, JsonElement schema, JsonElement value, string place, List<string> errors)
    {
        switch (word)
        {
            case "$ref":
                errors.AddRange(Check(Find(rule.GetString()!), value, place));
                break;
            case "type":
                var types = rule.ValueKind == JsonValueKind.Array ? rule.EnumerateArray().Select(t => t.GetString()) : [rule.GetString()];
                if (!types.Any(type => Is(type!, value))) errors.Add($"{place} is {value.ValueKind}, not {rule}");
                break;
            case "enum":
                if (!rule.EnumerateArray().Any(one => JsonElement.DeepEquals(one, value))) errors.Add($"{place} is {value}, none of {rule}");
                break;
            case "allOf":
                foreach (var one in rule.EnumerateArray()) errors.AddRange(Check(one, value, place));
                break;
            case "oneOf":
                var matches = rule.EnumerateArray().Count(one => Check(one, value, place).Count == 0);
                if (matches != 1) errors.Add($"{place} fits {matches} of the forms it may have");
                break;
            case "properties" when value.ValueKind == JsonValueKind.Object:
                foreach (var property in rule.EnumerateObject())
                {
                    if (value.TryGetProperty(property.Name, out var member)) errors.AddRange(Check(property.Value, member, $"{place}.{property.Name}"));
                }

                break;
            case "required" when value.ValueKind == JsonValueKind.Object:
                errors.AddRange(rule.EnumerateArray().Where(name => !value.TryGetProperty(name.GetString()!, out _)).Select(name => $"{place} lacks {name}"));
                break;
            case "additionalProperties" when value.ValueKind == JsonValueKind.Object:
                foreach (var member in value.EnumerateObject())
                {
                    if (schema.TryGetProperty("properties", out var known) && known.TryGetProperty(member.Name, out _)) continue;
                    if (rule.ValueKind == JsonValueKind.False) errors.Add($"{place} has {member.Name}, which is not described");
                    else errors.AddRange(Check(rule, member.Value, $"{place}.{member.Name}"));
                }

                break;
            case "items" when value.ValueKind == JsonValueKind.Array:
                foreach (var (item, index) in value.EnumerateArray().Select((item, index) => (item, index))) errors.AddRange(Check(rule, item, $"{place}[{index}]"));
                break;
            case "pattern" when value.ValueKind == JsonValueKind.String:
                if (!Regex.IsMatch(value.GetString()!, rule.GetString()!)) errors.Add($"{place} is {value}, not {rule}");
                break;
            default:
                CheckBound(word, rule, value, place, errors);
                break;
        }
    }

    private static void CheckBound(string word, JsonElement rule, JsonElement value, string place, List<string> errors)
    {
        double? size = (word, value.ValueKind) switch
        {
            ("minimum" or "maximum", JsonValueKind.Number) => value.GetDouble(),
            ("minLength" or "maxLength", JsonValueKind.String) => value.GetString()!.Length,
            ("minItems" or "maxItems", JsonValueKind.Array) => value.GetArrayLength(),
            ("maxProperties", JsonValueKind.Object) => value.EnumerateObject().Count(),
            _ => null,
        };
        var isKnown = word is "minimum" or "maximum" or "minLength" or "maxLength" or "minItems" or "maxItems" or "maxProperties" or "properties" or "required" or "additionalProperties" or "items" or "pattern";
        if (!isKnown && !Annotations.Contains(word)) throw new NotSupportedException($"The checker does not know {word}.");
        if (size is { } actual && (word.StartsWith("min", StringComparison.Ordinal) ? actual < rule.GetDouble() : actual > rule.GetDouble())) errors.Add($"{place} is {actual}, against {word} {rule}");
    }

    private static bool Is(string type, JsonElement value) => type switch
    {
        "object" => value.ValueKind == JsonValueKind.Object,
        "array" => value.ValueKind == JsonValueKind.Array,
        "string" => value.ValueKind == JsonValueKind.String,
        "number" => value.ValueKind == JsonValueKind.Number,
        "integer" => value.ValueKind == JsonValueKind.Number && value.GetDouble() % 1 == 0,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "null" => value.ValueKind == JsonValueKind.Null,
        _ => throw new NotSupportedException(type),
    };
}
