using System.Text.Json;
using System.Text.Json.Serialization;
using Notifier.Core.Events;

namespace Notifier.Api.Commands;

/// <summary>Data that a client sent, any JSON value, as it is stored: on one line, with nothing escaped that JSON does not ask for. The default is none.</summary>
[JsonConverter(typeof(Converter))]
internal readonly record struct JsonData(ReadOnlyMemory<byte> Utf8)
{
    /// <summary>The body has no such member.</summary>
    public bool IsMissing => Utf8.IsEmpty;

    public bool IsObject => Utf8.Span is [(byte)'{', ..];

    internal sealed class Converter : JsonConverter<JsonData>
    {
        public override JsonData Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            using var json = JsonBuffer.Take();
            var depth = reader.CurrentDepth;
            Copy(ref reader, json.Writer);
            if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
            {
                do
                {
                    reader.Read();
                    Copy(ref reader, json.Writer);
                }
                while (reader.CurrentDepth > depth);
            }

            return new(json.ToArray());
        }

        public override void Write(Utf8JsonWriter writer, JsonData value, JsonSerializerOptions options) => writer.WriteRawValue(value.Utf8.Span, skipInputValidation: true);

        private static void Copy(ref Utf8JsonReader reader, Utf8JsonWriter writer)
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject: writer.WriteStartObject(); break;
                case JsonTokenType.EndObject: writer.WriteEndObject(); break;
                case JsonTokenType.StartArray: writer.WriteStartArray(); break;
                case JsonTokenType.EndArray: writer.WriteEndArray(); break;
                case JsonTokenType.PropertyName when reader.ValueIsEscaped: writer.WritePropertyName(reader.GetString()!); break;
                case JsonTokenType.PropertyName: writer.WritePropertyName(reader.ValueSpan); break;
                case JsonTokenType.String when reader.ValueIsEscaped: writer.WriteStringValue(reader.GetString()); break;
                case JsonTokenType.String: writer.WriteStringValue(reader.ValueSpan); break;
                default: writer.WriteRawValue(reader.ValueSpan, skipInputValidation: true); break;
            }
        }
    }
}
