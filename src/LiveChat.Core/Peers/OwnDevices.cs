using LiveChat.Core.FanOut;
using LiveChat.Core.Links;
using LiveChat.Core.Outboxes;
using LiveChat.Protocol.Ids;

namespace LiveChat.Core.Peers;

/// <summary>Tells users' devices on this gateway what the users changed on other nodes. Any thread.</summary>
/// <param name="directory">The sessions.</param>
/// <param name="settingsChanged">Tells what became of a user's settings of a chat.</param>
internal sealed class OwnDevices(SessionDirectory directory, Action<UserId, ChatId> settingsChanged)
{
    /// <exception cref="InvalidDataException">The frame is damaged.</exception>
    public void Take(Signal signal)
    {
        if (signal.OwnMark is { } mark)
        {
            var receipt = MarkSignals.Read(mark);
            foreach (var device in directory.Of(LinkUsers.Of(mark.User)))
                device.Outbox.PostOwnMark(new ChatId(mark.Chat), receipt);
        }

        if (signal.OwnSettings is { } settings)
            settingsChanged(LinkUsers.Of(settings.User), new ChatId(settings.Chat));
    }
}
