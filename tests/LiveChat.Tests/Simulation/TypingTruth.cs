using LiveChat.Protocol.Frames;

namespace LiveChat.Tests.Simulation;

/// <summary>
/// What is true of who types: whoever typed on a device and then spoke there types no longer, once what was spoken has
/// a seq, whichever ways the two went. Where the owner of the chat changes, it may take some seconds.
/// </summary>
internal sealed class TypingTruth(World world)
{
    private readonly Dictionary<(string Chat, string User), Dictionary<string, Said>> _said = [];

    /// <summary>The device says that its user types.</summary>
    public void Types(SimulatedDevice device, string chat) =>
        Of(chat, device.User.Value)[device.Name] = new Said(device.Session, world.RepeatsOf(chat), null);

    /// <summary>What the device said over a connection has this seq.</summary>
    public void Spoke(SimulatedDevice device, int session, string chat, long seq)
    {
        if (Of(chat, device.User.Value).TryGetValue(device.Name, out var said) && said.Session == session)
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

    private readonly record struct Said(int Session, int Repeats, long? Seq);
}
