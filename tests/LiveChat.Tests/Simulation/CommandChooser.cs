using Google.Protobuf;
using LiveChat.Core.Log;
using LiveChat.Protocol.Ids;

namespace LiveChat.Tests.Simulation;

/// <summary>
/// What a user does next: mostly speaks, sometimes does anything else that changes a chat, also what will be refused.
/// </summary>
internal sealed class CommandChooser(World world, UserId user, Random random)
{
    private const int MembersMax = 4;
    private const int PullAt = 4;
    private const int PushBelow = 3;

    private int _said;

    public Record Choose()
    {
        var chat = world.Chats[random.Next(world.Chats.Count)];
        var record = new Record
        {
            Chat = chat.Id.Value,
            Sender = user.Value,
            ClientId = NextKey(),
            MembersMax = MembersMax,
            PullAt = PullAt,
            PushBelow = PushBelow,
        };
        if (!chat.IsCreated && (chat.Creator == user || random.Next(4) == 0))
            Create(record, chat);
        else if (chat.Messages.Count > 0 && random.Next(3) == 0)
            ActOnMessage(record, chat.Messages[random.Next(chat.Messages.Count)]);
        else if (random.Next(4) == 0)
            ChangeChat(record, chat);
        else
            record.Message = new Message { Body = NextBody() };
        return record;
    }

    private void Create(Record record, WorldChat chat)
    {
        chat.IsCreated |= chat.Creator == user;
        record.Created = new Created { Direct = chat.IsDirect, Title = chat.IsDirect ? "" : "Title" };
        var others = world.Users.Where(other => other != user).Select(other => other.Value)
            .Order(StringComparer.Ordinal);
        record.Created.Members.AddRange(chat.IsDirect ? others.Take(1) : others.Take(2));
    }

    private void ActOnMessage(Record record, Target target)
    {
        record.Target = target;
        switch (random.Next(4))
        {
            case 0:
                record.Edit = new Edit { Body = NextBody() };
                break;
            case 1:
                record.Delete = new Delete();
                break;
            default:
                record.Reaction = new Reaction { Emoji = random.Next(2) == 0 ? "+1" : "-1", On = random.Next(3) > 0 };
                break;
        }
    }

    private void ChangeChat(Record record, WorldChat chat)
    {
        switch (random.Next(6))
        {
            case 0:
            case 1:
                record.MembersAdded = new MembersAdded();
                record.MembersAdded.Users.Add(AnyUser());
                break;
            case 2:
                record.MemberRemoved = new MemberRemoved { User = random.Next(3) == 0 ? user.Value : AnyUser() };
                break;
            case 3:
                record.MemberRole = new MemberRole { User = AnyUser(), Role = (Role)random.Next(1, 4) };
                break;
            case 4:
                record.Settings = new Settings { Title = NextText() };
                break;
            default:
                record.Settings = new Settings { Title = NextText(), IfSeq = (ulong)chat.SettingsSeq };
                break;
        }
    }

    private string AnyUser() => world.Users[random.Next(world.Users.Count)].Value;

    private Body NextBody() => new() { Text = NextText() };

    private string NextText() => $"{user} says {++_said}";

    /// <summary>A key by a clock that is mostly right, sometimes slow, seldom fast.</summary>
    private ByteString NextKey()
    {
        var skewMs = random.Next(12) switch
        {
            0 => -random.Next(600_000),
            1 => random.Next(59_000),
            2 => random.Next(8) == 0 ? random.Next(60_000, 90_000) : 0,
            _ => 0,
        };
        Span<byte> chance = stackalloc byte[16];
        random.NextBytes(chance);
        var key = ClientId.FromTime(world.Time.GetUtcNow().ToUnixTimeMilliseconds() + skewMs, chance);
        Span<byte> bytes = stackalloc byte[16];
        key.Value.TryWriteBytes(bytes, bigEndian: true, out _);
        return ByteString.CopyFrom(bytes);
    }
}
