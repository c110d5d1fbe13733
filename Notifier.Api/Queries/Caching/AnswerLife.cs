using Notifier.Core.Log;
using Notifier.Core.Settings;

namespace Notifier.Api.Queries.Caching;

/// <summary>
/// How long an answer is kept. Beside other instances half a second, since what they store in a topic that nobody follows here is not heard of: an answer
/// is so at most a second old. Alone, five seconds: every change is one of ours, but for what retention drops.
/// </summary>
internal sealed class AnswerLife(IEventLog log, LogOptions options)
{
    private static readonly TimeSpan BesideOthers = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Alone = TimeSpan.FromSeconds(5);

    public TimeSpan Length { get; } = log.Store == "redis" ? BesideOthers : options.MaxAge < Alone ? options.MaxAge : Alone;
}
