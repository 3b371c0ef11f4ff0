using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Links;

/// <summary>
/// The ways to other nodes for what goes beside the log; <see cref="SignalRules"/> says which kind takes which. Never
/// waits. Any thread.
/// </summary>
internal interface ISignals
{
    /// <summary>The way to the owner of the chat; null when that is this node.</summary>
    ISignalWay? OwnerOf(ChatId chat);

    /// <summary>To every other node.</summary>
    void ToAll(Signal signal);

    /// <summary>To the user's devices on other nodes, also to those that come within the next half minute.</summary>
    void ToDevices(UserId user, Signal signal);
}

/// <summary>The way to one node.</summary>
internal interface ISignalWay
{
    /// <summary>Tells it, or loses it.</summary>
    void Tell(Signal signal);
}
