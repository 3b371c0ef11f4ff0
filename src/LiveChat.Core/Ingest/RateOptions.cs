using System.ComponentModel.DataAnnotations;

namespace LiveChat.Core.Ingest;

/// <summary>How fast commands that change chats may come.</summary>
internal sealed class RateOptions
{
    /// <summary>Commands per second and user, long term.</summary>
    [Range(1, 1_000_000)]
    public int UserPerSecond { get; set; } = 20;

    /// <summary>Commands that a user may send at once.</summary>
    [Range(1, 1_000_000)]
    public int UserBurst { get; set; } = 60;

    /// <summary>Commands per second and chat, long term, from its members; one counts once more for every 64 KB that
    /// it makes for all of them.</summary>
    [Range(1, 1_000_000)]
    public int ChatPerSecond { get; set; } = 200;

    /// <summary>Commands that a chat takes at once.</summary>
    [Range(1, 1_000_000)]
    public int ChatBurst { get; set; } = 400;

    /// <summary>Commands per second and user to chats whose member the user is not, as far as the node knows: so
    /// that nobody can use up the rate of a chat from outside.</summary>
    [Range(1, 1_000_000)]
    public int StrangerPerSecond { get; set; } = 5;

    /// <summary>Commands to such chats at once.</summary>
    [Range(1, 1_000_000)]
    public int StrangerBurst { get; set; } = 20;

    /// <summary>HTTP requests and connects per second and user, long term.</summary>
    [Range(1, 1_000_000)]
    public int RequestsPerSecond { get; set; } = 50;

    /// <summary>HTTP requests that a user may send at once.</summary>
    [Range(1, 1_000_000)]
    public int RequestsBurst { get; set; } = 200;

    /// <summary>Rows that a user's reads may take from history per second, over all devices, long term; 256 bytes of
    /// content count as one. A read is charged when it has ended.</summary>
    [Range(1, 1_000_000)]
    public int ReadRowsPerSecond { get; set; } = 10_000;

    /// <summary>Such rows that may be read at once.</summary>
    [Range(1, 10_000_000)]
    public int ReadRowsBurst { get; set; } = 50_000;

    /// <summary>HTTP requests per second and server key that acts for nobody, long term.</summary>
    [Range(1, 1_000_000)]
    public int KeyPerSecond { get; set; } = 200;

    /// <summary>Such requests that a server key may send at once.</summary>
    [Range(1, 1_000_000)]
    public int KeyBurst { get; set; } = 1_000;
}
