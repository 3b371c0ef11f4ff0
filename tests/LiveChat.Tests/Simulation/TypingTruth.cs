using LiveChat.Protocol.Frames;

namespace LiveChat.Tests.Simulation;

/// <summary>
/// What is true of who types: whoever typed on a device and then spoke there types no longer, once what was spoken has
/// a seq, whichever ways the two went. Where the owner of the chat changes, or two take themselves for it, it may take
/// some seconds.
/// </summary>
internal sealed class TypingTruth(World world)
{
    private readonly Dictionary<(string Chat, string User), Dictionary<string, Said>> _said = [];

    /// <summary>The device says that its user types.</summary>
    public void Types(SimulatedDevice device, string chat) =>
        Of(chat, device.User.Value)[device.Name] =
            new Said(device.Session, world.RepeatsOf(chat), Times(device, chat) + 1, null);

    /// <summary>How many times the device has said so, to know later what came before a message.</summary>
    public int Times(SimulatedDevice device, string? chat) =>
        chat is null ? 0 : Of(chat, device.User.Value).GetValueOrDefault(device.Name).Times;

    /// <summary>What the device said over a connection, after it had said so many times that its user types, has this
    /// seq. If it said so again meanwhile, its user types.</summary>
    public void Spoke(SimulatedDevice device, int session, int times, string chat, long seq)
    {
        if (Of(chat, device.User.Value).TryGetValue(device.Name, out var said)
            && said.Session == session && said.Times == times)
            Of(chat, device.User.Value)[device.Name] = said with { Seq = seq };
    }

    /// <summary>Judges what a device is told, which has been sent the events up to a seq over its connection.</summary>
    public void Judge(SimulatedDevice device, TypingUpdate told, long sent)
    {
        foreach (var user in told.Users)
            world.Require(
                Of(told.Chat, user).Values.Any(said =>
                    said.Seq is null || said.Seq > sent || said.Repeats != world.RepeatsOf(told.Chat)),
                $"{device.Name} is told that {user} types in {told.Chat}, who spoke since: {sent} was told.");
    }

    private Dictionary<string, Said> Of(string chat, string user)
    {
        if (!_said.TryGetValue((chat, user), out var devices)) _said.Add((chat, user), devices = []);
        return devices;
    }

    private readonly record struct Said(int Session, int Repeats, int Times, long? Seq);
}
