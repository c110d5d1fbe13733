namespace Notifier.Core.Log.Redis;

/// <summary>A script that the server runs as one step. The client sends its digest, and its text where the server does not know it.</summary>
internal sealed class RedisScript
{
    private RedisScript(params string[] parts) => Text = string.Concat(parts.Select(Load));

    /// <summary>Stores one event and rings the bell.</summary>
    public static RedisScript Publish { get; } = new("head", "append", "publish");

    /// <summary>A page and the head of the same moment.</summary>
    public static RedisScript Read { get; } = new("head", "read");

    /// <summary>Binds a once-key to its first fingerprint.</summary>
    public static RedisScript Claim { get; } = new("claim");

    /// <summary>Records a completion and stores its event.</summary>
    public static RedisScript Complete { get; } = new("head", "append", "complete");

    /// <summary>Marks a completion as told.</summary>
    public static RedisScript Told { get; } = new("told");

    /// <summary>Changes what an instance holds of a room, and tells the others.</summary>
    public static RedisScript Presence { get; } = new("presence");

    /// <summary>Renews an instance's lease, and gives those that live.</summary>
    public static RedisScript Lease { get; } = new("lease");

    /// <summary>Shortens the lease of an instance that ends.</summary>
    public static RedisScript Release { get; } = new("release");

    /// <summary>Raises a read mark.</summary>
    public static RedisScript RaiseMark { get; } = new("head", "mark");

    /// <summary>Marks a read mark as told.</summary>
    public static RedisScript MarkTold { get; } = new("marktold");

    public string Text { get; }

    private static string Load(string name)
    {
        using var stream = typeof(RedisScript).Assembly.GetManifestResourceStream($"Notifier.Core.Log.Redis.Scripts.{name}.lua")
            ?? throw new InvalidOperationException($"The script {name} is not part of the assembly.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
