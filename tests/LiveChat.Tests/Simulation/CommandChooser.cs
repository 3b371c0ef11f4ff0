using System.Text.Json;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;

namespace LiveChat.Tests.Simulation;

/// <summary>
/// What a user does next: mostly speaks, sometimes does anything else that changes a chat, also what will be refused.
/// </summary>
internal sealed class CommandChooser(World world, SimulatedDevice device, Random random)
{
    private const int ChatsMax = 6;

    private int _said;

    public ChangeCommand Choose()
    {
        var key = NextKey();
        if (world.Chats.Count == 0 || (world.Chats.Count < ChatsMax && random.Next(5) == 0))
            return Create(key);
        var chat = world.Chats[random.Next(world.Chats.Count)];
        if (random.Next(3) == 0)
            return ActOnMessage(key, chat);
        if (random.Next(3) == 0)
            return ChangeChat(key, chat);
        return Say(chat.Id, key);
    }

    /// <summary>A message.</summary>
    public MessageSend Say(string chat) => Say(chat, NextKey());

    /// <summary>Every command that makes the user a member.</summary>
    public IReadOnlyList<ChangeCommand> Add(string user) =>
    [
        new ChatCreate { ClientId = NextKey(), Direct = user },
        new ChatCreate { ClientId = NextKey(), Members = [user] },
        .. world.Chats.Select(chat => new MemberAdd { Chat = chat.Id, ClientId = NextKey(), Users = [user] }),
    ];

    private MessageSend Say(string chat, string key) =>
        new() { Chat = chat, ClientId = key, Body = NextBody() };

    private ChatCreate Create(string key)
    {
        var others = world.Users.Where(user => user != device.User).Select(user => user.Value).ToArray();
        random.Shuffle(others);
        return random.Next(3) == 0
            ? new ChatCreate { ClientId = key, Direct = others[0] }
            : new ChatCreate { ClientId = key, Title = "Title", Members = others[..random.Next(1, 4)] };
    }

    private ChangeCommand ActOnMessage(string key, WorldChat chat)
    {
        var (seq, _, _) = chat.Events[random.Next(chat.Events.Count)];
        var mine = chat.Events.FindAll(seen => seen.IsMessage && seen.Sender == device.User.Value);
        if (mine.Count > 0 && random.Next(2) == 0)
            seq = mine[random.Next(mine.Count)].Seq;
        return random.Next(4) switch
        {
            0 => new MessageEdit { Chat = chat.Id, ClientId = key, Target = seq, Body = NextBody() },
            1 => new MessageDelete { Chat = chat.Id, ClientId = key, Target = seq },
            _ => new ReactionSet
            {
                Chat = chat.Id,
                ClientId = key,
                Target = seq,
                Emoji = random.Next(2) == 0 ? "+1" : "-1",
                On = random.Next(3) > 0,
            },
        };
    }

    private ChangeCommand ChangeChat(string key, WorldChat chat) => random.Next(7) switch
    {
        0 or 1 => new MemberAdd { Chat = chat.Id, ClientId = key, Users = [AnyUser()] },
        2 => new MemberRemove
        {
            Chat = chat.Id,
            ClientId = key,
            User = random.Next(3) == 0 ? device.User.Value : AnyUser(),
        },
        3 => new MemberRole { Chat = chat.Id, ClientId = key, User = AnyUser(), Role = AnyRole() },
        4 => new ChatUpdate { Chat = chat.Id, ClientId = key, Title = NextText() },
        5 => new ChatUpdate
        {
            Chat = chat.Id,
            ClientId = key,
            Title = random.Next(3) == 0 ? NextText() : null,
            Custom = JsonSerializer.SerializeToElement(new { said = NextText() }),
        },
        _ => new ChatUpdate { Chat = chat.Id, ClientId = key, Title = NextText(), IfSeq = chat.SettingsSeq },
    };

    private string AnyUser() => world.Users[random.Next(world.Users.Count)].Value;

    private string AnyRole() => random.Next(3) switch
    {
        0 => "owner",
        1 => "admin",
        _ => "member",
    };

    private MessageBody NextBody() => new() { Text = NextText() };

    private string NextText() => $"{device.Name} says {++_said}";

    /// <summary>A key by a clock that is mostly right, sometimes slow, seldom fast.</summary>
    private string NextKey()
    {
        var skewMs = random.Next(12) switch
        {
            0 => -random.Next(600_000),
            1 => random.Next(50_000),
            2 => random.Next(8) == 0 ? random.Next(60_000, 90_000) : 0,
            _ => 0,
        };
        Span<byte> chance = stackalloc byte[16];
        random.NextBytes(chance);
        return ClientId.FromTime(world.Time.GetUtcNow().ToUnixTimeMilliseconds() + skewMs, chance).ToString();
    }
}
