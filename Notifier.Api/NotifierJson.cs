using System.Text.Json;
using System.Text.Json.Serialization;
using Notifier.Api.Commands;
using Notifier.Api.Diagnostics;
using Notifier.Api.Operations;
using Notifier.Api.Queries;
using Notifier.Core.Events;

namespace Notifier.Api;

/// <summary>How every body is read and written.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    MaxDepth = MaxDepth)]
[JsonSerializable(typeof(SendMessage.Request), TypeInfoPropertyName = "SendMessageRequest")]
[JsonSerializable(typeof(SendRoomEvent.Request), TypeInfoPropertyName = "SendRoomEventRequest")]
[JsonSerializable(typeof(SendTyping.Request), TypeInfoPropertyName = "SendTypingRequest")]
[JsonSerializable(typeof(SendPrivateMessage.Request), TypeInfoPropertyName = "SendPrivateMessageRequest")]
[JsonSerializable(typeof(Notify.Request), TypeInfoPropertyName = "NotifyRequest")]
[JsonSerializable(typeof(MarkRead.Request), TypeInfoPropertyName = "MarkReadRequest")]
[JsonSerializable(typeof(Broadcast.Request), TypeInfoPropertyName = "BroadcastRequest")]
[JsonSerializable(typeof(PublishBatch))]
[JsonSerializable(typeof(PublishItem))]
[JsonSerializable(typeof(PublishItem[]))]
[JsonSerializable(typeof(CompleteLesson.Request), TypeInfoPropertyName = "CompleteLessonRequest")]
[JsonSerializable(typeof(IssueTicket.Request), TypeInfoPropertyName = "IssueTicketRequest")]
[JsonSerializable(typeof(IssueTicket.Answer), TypeInfoPropertyName = "IssueTicketAnswer")]
[JsonSerializable(typeof(IssueDevelopmentToken.Request), TypeInfoPropertyName = "IssueDevelopmentTokenRequest")]
[JsonSerializable(typeof(IssueDevelopmentToken.Answer), TypeInfoPropertyName = "IssueDevelopmentTokenAnswer")]
[JsonSerializable(typeof(Publish.Answer), TypeInfoPropertyName = "PublishAnswer")]
[JsonSerializable(typeof(MessageData))]
[JsonSerializable(typeof(SeenRequest))]
[JsonSerializable(typeof(SelfCheckMoment))]
[JsonSerializable(typeof(PrivateMessageData))]
[JsonSerializable(typeof(NotificationData))]
[JsonSerializable(typeof(ReadMarkData))]
[JsonSerializable(typeof(TrackProgress.Answer), TypeInfoPropertyName = "TrackProgressAnswer")]
[JsonSerializable(typeof(ListRooms.Answer), TypeInfoPropertyName = "ListRoomsAnswer")]
[JsonSerializable(typeof(ReadRoomPresence.Answer), TypeInfoPropertyName = "ReadRoomPresenceAnswer")]
[JsonSerializable(typeof(System.Text.Json.Nodes.JsonNode))]
[JsonSerializable(typeof(Health.Answer), TypeInfoPropertyName = "HealthAnswer")]
internal sealed partial class NotifierJson : JsonSerializerContext
{
    /// <summary>Levels of nesting that a body may have.</summary>
    public const int MaxDepth = 64;

    /// <summary>The context that writes people's own letters as they are.</summary>
    public static NotifierJson Plain => PlainContext.Instance;

    // A class of its own, since the order of static fields across the files of a partial class is not defined.
    private static class PlainContext
    {
        public static readonly NotifierJson Instance = new(new JsonSerializerOptions(Default.Options) { Encoder = JsonText.Encoder });
    }
}
