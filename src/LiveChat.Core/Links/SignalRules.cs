namespace LiveChat.Core.Links;

/// <summary>Where what goes beside the log is told.</summary>
internal enum SignalWay
{
    /// <summary>To the owner of the chat, who tells the members. One that finds no room is lost.</summary>
    Owner,

    /// <summary>To every node. One that finds no room is lost: what it ends is ended by its time, too.</summary>
    All,

    /// <summary>To every gateway: the whole when a call begins, then each change. A call without room begins anew.
    /// </summary>
    Gateways,

    /// <summary>To the gateways where the user has devices. None is lost while its call lasts, and who calls anew is
    /// told those of the last half minute.</summary>
    Devices,
}

/// <summary>The table of what goes beside the log from node to node. Pure.</summary>
internal static class SignalRules
{
    /// <exception cref="ArgumentOutOfRangeException">It has no row.</exception>
    public static SignalWay WayOf(Signal.KindOneofCase kind) => kind switch
    {
        Signal.KindOneofCase.Typed => SignalWay.Owner,
        Signal.KindOneofCase.Rises => SignalWay.Owner,
        Signal.KindOneofCase.TypingOver => SignalWay.All,
        Signal.KindOneofCase.Presence => SignalWay.Gateways,
        Signal.KindOneofCase.OwnMark => SignalWay.Devices,
        Signal.KindOneofCase.OwnSettings => SignalWay.Devices,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "This kind of signal has no way."),
    };

    /// <summary>Of two signals to a user's devices about the same thing of a chat the one that says all: the higher
    /// marks, or that the settings changed.</summary>
    public static Signal Merge(Signal former, Signal now)
    {
        if (former.OwnMark is not { } old || now.OwnMark is not { } mark) return now;
        var merged = mark.Clone();
        if (old.HasDelivered && old.Delivered > mark.Delivered) merged.Delivered = old.Delivered;
        if (!old.HasRead || old.Read <= mark.Read) return new Signal { OwnMark = merged };
        merged.Read = old.Read;
        merged.ReadN = old.ReadN;
        return new Signal { OwnMark = merged };
    }

    /// <summary>The chat that a signal to a user's devices is about.</summary>
    public static ulong ChatOf(Signal signal) => signal.OwnMark?.Chat ?? signal.OwnSettings.Chat;
}
