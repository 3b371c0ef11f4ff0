using System.ComponentModel.DataAnnotations;

namespace LiveChat.Core.History;

/// <summary>How long chats in the data folder keep what was said.</summary>
internal sealed class ChatRetentionOptions
{
    /// <summary>Events older than so many days are removed from chats, once the log has them no more; 0 keeps them.
    /// Not with Cassandra.</summary>
    [Range(0, 36_500)]
    public int Days { get; set; }

    /// <summary>How often old events are looked for.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan Period { get; set; } = TimeSpan.FromHours(1);
}
