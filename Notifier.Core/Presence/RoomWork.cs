namespace Notifier.Core.Presence;

/// <summary>What is under way between one room and the store. Guarded by itself.</summary>
internal sealed class RoomWork
{
    public Lock Gate { get; } = new();

    public Task? Writing { get; set; }

    public Task? Loading { get; set; }

    /// <summary>No new attempt before this: the last one has failed.</summary>
    public long NotBefore { get; set; }
}
