using System.Collections.Concurrent;
using Notifier.Core.Log.Embedded;

namespace Notifier.Tests.Log.Embedded;

/// <summary>Keeps what a journal tells the operator.</summary>
internal sealed class RecordingWatch : IJournalWatch
{
    private readonly ConcurrentQueue<string> _told = new();

    public JournalOpening? Opening { get; private set; }

    public IReadOnlyList<string> Told => [.. _told];

    public void OnOpened(JournalOpening opening) => Opening = opening;

    public void OnWriteFailed(string folder, Exception cause) => _told.Enqueue("failed");

    public void OnWriteHealed(string folder) => _told.Enqueue("healed");

    public void OnWritingEnded(string folder, Exception cause) => _told.Enqueue("ended");

    public void OnDamageRead(string segment, long offset) => _told.Enqueue($"damage {Path.GetFileName(segment)} {offset}");

    public void OnKeepingFailed(string folder, Exception cause) => _told.Enqueue($"keeping: {cause.Message}");

    public void OnStateOverBytes(string folder, long bytes) => _told.Enqueue("state over bytes");
}
