using System.Text.Json;
using System.Text.Json.Serialization;

namespace Notifier.Api.Commands;

/// <summary>The body of <c>/api/publish</c>: one event for some topics, or an array of these.</summary>
[JsonConverter(typeof(Converter))]
internal sealed record PublishBatch(IReadOnlyList<PublishItem?> Items, bool IsArray) : ITypedBody
{
    /// <summary>The type of its events; null where they have several.</summary>
    public string? Type => Items.Select(item => item?.Type).Distinct(StringComparer.Ordinal).ToArray() is [var type] ? type : null;

    internal sealed class Converter : JsonConverter<PublishBatch>
    {
        public override PublishBatch Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.TokenType == JsonTokenType.StartArray
                ? new(JsonSerializer.Deserialize(ref reader, NotifierJson.Default.PublishItemArray)!, true)
                : new([JsonSerializer.Deserialize(ref reader, NotifierJson.Default.PublishItem)], false);

        public override void Write(Utf8JsonWriter writer, PublishBatch value, JsonSerializerOptions options) => throw new NotSupportedException("A batch is only read.");
    }
}
