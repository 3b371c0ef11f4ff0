using System.Globalization;
using LiveChat.Protocol.Ids;
using StackExchange.Redis;

namespace LiveChat.Cluster.Presence;

/// <summary>
/// Names in Redis. A user's id has only <c>[A-Za-z0-9._-]</c>, so that no id can end a name early or choose a slot.
/// Both keys of a user and the channel lie in one slot, that of the first key.
/// </summary>
internal static class RedisKeys
{
    private const string Before = "user:";
    private const string Behind = ":presence";
    private const int Slots = 16_384;
    private static readonly Lazy<string[]> Tags = new(MakeTags);

    /// <summary>The key that any program reads: <c>online</c>, or absent.</summary>
    public static string Online(UserId user) => $"{Before}{user.Value}{Behind}";

    /// <summary>Node → until when.</summary>
    public static RedisKey Nodes(UserId user) => $"{{{Online(user)}}}:nodes";

    /// <summary>Where changes of the user are told.</summary>
    public static RedisChannel News(UserId user) => RedisChannel.Sharded(Online(user));

    /// <summary>Whose news a channel has; null for a name that is none of ours.</summary>
    public static UserId? UserOf(string channel) =>
        channel.StartsWith(Before, StringComparison.Ordinal)
        && channel.EndsWith(Behind, StringComparison.Ordinal)
        && channel.Length > Before.Length + Behind.Length
        && UserId.TryParse(channel[Before.Length..^Behind.Length], out var user)
            ? user
            : null;

    /// <summary>What one run of a node writes to see whether it is kept.</summary>
    /// <param name="run">The node and its run.</param>
    /// <param name="slot">Where in a cluster; null for a Redis that is none.</param>
    public static RedisKey Probe(string run, int? slot) =>
        slot is { } at ? $"livechat:{{{Tags.Value[at]}}}:probe:{run}" : $"livechat:probe:{run}";

    /// <summary>For each slot a short text that lies in it. Counting up, the last one is found after some 160,000.
    /// </summary>
    private static string[] MakeTags()
    {
        var tags = new string[Slots];
        for (int number = 0, found = 0; found < Slots; number++)
        {
            var tag = number.ToString(CultureInfo.InvariantCulture);
            var slot = RedisSlots.Of(tag);
            if (tags[slot] is not null) continue;
            tags[slot] = tag;
            found++;
        }

        return tags;
    }
}
