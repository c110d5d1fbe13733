using Notifier.Core.Topics;
using StackExchange.Redis;

namespace Notifier.Core.Log.Redis;

/// <summary>Names of keys and channels. All of a topic's keys share its hash tag, and so its slot in a cluster.</summary>
internal sealed class RedisKeys(string prefix)
{
    public RedisKey Log(TopicName topic) => $"{prefix}:{{{topic}}}:log";

    public RedisKey Once(TopicName topic, OnceKey? key) => $"{prefix}:{{{topic}}}:once:{key?.Value}";

    public RedisKey Claim(OnceKey key) => $"{prefix}:{{{key.Value}}}:claim";

    public RedisKey Completions(string track) => $"{prefix}:{{{TopicName.Class(track)}}}:completions";

    public RedisKey Ticket(string digest) => $"{prefix}:{{{digest}}}:ticket";

    public RedisKey Presence(TopicName room) => $"{prefix}:{{{room}}}:presence";

    public RedisKey ReadMark(string user) => $"{prefix}:{{{TopicName.User(user)}}}:read";

    /// <summary>The read mark that has moved and was not told yet.</summary>
    public RedisKey UntoldMark(string user) => $"{prefix}:{{{TopicName.User(user)}}}:read:untold";

    /// <summary>Which instances live, and until when they do without another word.</summary>
    public RedisKey Leases() => $"{prefix}:{{instances}}:leases";

    public RedisKey RoomCounts(string instance) => $"{prefix}:{{instances}}:rooms:{instance}";

    public RedisKey Refusal(string user, TopicName? topic) => $"{prefix}:{{user:{user}}}:refused:{topic?.Value ?? "*"}";

    public string Canary(string instance) => $"{prefix}:{{{instance}}}:canary";

    public string Bell(TopicName topic) => $"{prefix}:{{{topic}}}:bell";
}
