using LiveChat.Core.Identities;
using LiveChat.Core.Nodes;
using LiveChat.Server.Tokens;

namespace LiveChat.Server.Backend;

/// <summary>What requests of backends work with.</summary>
/// <param name="Node">The node.</param>
/// <param name="Users">The store of users and devices.</param>
/// <param name="Keys">The server keys.</param>
/// <param name="Tokens">Where tokens are made; absent when somebody else issues them.</param>
/// <param name="Time">The clock.</param>
internal sealed record BackendServices(
    Node Node, IIdentityStore Users, ServerKeys Keys, JwtTokens? Tokens, TimeProvider Time)
{
    /// <summary>How long a record stays in the log at most, once all groups have passed it.</summary>
    public TimeSpan LogKeeps { get; init; }

    /// <summary>Takes a checkpoint in the data folder; null where the chats are elsewhere.</summary>
    public Func<CancellationToken, Task>? TakeCheckpoint { get; init; }
}
