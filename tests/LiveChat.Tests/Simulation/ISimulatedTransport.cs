using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;

namespace LiveChat.Tests.Simulation;

/// <summary>What carries one session of a device: a socket, or requests.</summary>
internal interface ISimulatedTransport
{
    /// <summary>Until when the device's token is good.</summary>
    DateTimeOffset ExpiresAt { get; set; }

    /// <summary>Whose session it is that the server still believes in although its device is gone.</summary>
    UserId? Forsaken { get; }

    /// <summary>The device says something.</summary>
    void Send(ClientFrame frame);

    /// <summary>The next frame for the device; null at the end.</summary>
    Task<ServerFrame?> ReceiveAsync();

    /// <summary>The device goes; the server hears of it, or notices by the silence.</summary>
    void Leave(bool silently);

    /// <summary>The node is gone: what is on the way may still arrive.</summary>
    void Cut();
}
