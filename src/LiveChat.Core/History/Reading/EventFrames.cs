using System.Text.Json;
using LiveChat.Core.Log;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;
using Kind = LiveChat.Core.Log.Record.BodyOneofCase;

namespace LiveChat.Core.History.Reading;

/// <summary>
/// Turns events into the frames of the protocol, the same for live delivery and for pages. Whoever may not see the
/// target of an event gets the event without the target's content.
/// </summary>
internal static class EventFrames
{
    /// <summary>An event, pushed or read.</summary>
    /// <param name="stored">The event without content.</param>
    /// <param name="content">The body of the message or of the edit; null when it was deleted since.</param>
    /// <param name="withContent">False hides what tells of the target: an edit's body, a reaction's emoji.</param>
    public static ChatEvent Of(StoredEvent stored, Body? content, bool withContent)
    {
        var record = stored.Record;
        var target = (long)(record.Target?.Seq ?? 0);
        var c = new Fields(stored);
        return record.BodyCase switch
        {
            Kind.Created => new ChatCreated
            {
                Chat = c.Chat, Seq = c.Seq, N = c.N, Id = c.Id, ClientId = c.ClientId,
                Sender = c.Sender, SentAt = c.SentAt,
                Kind = record.Created.Direct ? ChatKinds.Direct : ChatKinds.Group,
                Title = OrNull(record.Created.Title),
                Custom = CustomOf(record.Created.Custom),
                Members = [record.Sender, .. record.Created.Members],
            },
            Kind.Message => new MessageCreated
            {
                Chat = c.Chat, Seq = c.Seq, N = c.N, Id = c.Id, ClientId = c.ClientId,
                Sender = c.Sender, SentAt = c.SentAt,
                Body = BodyOf(content),
            },
            Kind.Edit => new MessageEdited
            {
                Chat = c.Chat, Seq = c.Seq, N = c.N, Id = c.Id, ClientId = c.ClientId,
                Sender = c.Sender, SentAt = c.SentAt,
                Target = target,
                Body = withContent ? BodyOf(content) : null,
            },
            Kind.Delete => new MessageDeleted
            {
                Chat = c.Chat, Seq = c.Seq, N = c.N, Id = c.Id, ClientId = c.ClientId,
                Sender = c.Sender, SentAt = c.SentAt,
                Target = target,
            },
            Kind.Reaction => new ReactionChanged
            {
                Chat = c.Chat, Seq = c.Seq, N = c.N, Id = c.Id, ClientId = c.ClientId,
                Sender = c.Sender, SentAt = c.SentAt,
                Target = target,
                Emoji = withContent ? record.Reaction.Emoji : null,
                On = record.Reaction.On,
            },
            Kind.MembersAdded or Kind.MemberRemoved or Kind.MemberRole => OfMembership(stored, c),
            Kind.Settings => new ChatUpdated
            {
                Chat = c.Chat, Seq = c.Seq, N = c.N, Id = c.Id, ClientId = c.ClientId,
                Sender = c.Sender, SentAt = c.SentAt,
                Title = OrNull(record.Settings.Title),
                Custom = CustomOf(record.Settings.Custom),
            },
            Kind.ChatDeleted => EndOf(c),
            _ => new UnknownEvent
            {
                Chat = c.Chat, Seq = c.Seq, N = c.N, Id = c.Id, ClientId = c.ClientId,
                Sender = c.Sender, SentAt = c.SentAt,
                Type = FrameType.EventUnreadable,
                Unreadable = true,
            },
        };
    }

    /// <summary>The wire's name of a role.</summary>
    public static string NameOf(Role role) => role switch
    {
        Role.Owner => MemberRoles.Owner,
        Role.Admin => MemberRoles.Admin,
        _ => MemberRoles.Member,
    };

    /// <summary>The wire's form of a body; null stays null.</summary>
    public static MessageBody? BodyOf(Body? body) => body is null
        ? null
        : new MessageBody
        {
            Text = body.Text,
            Format = OrNull(body.Format),
            ReplyTo = body.ReplyTo == 0 ? null : (long)body.ReplyTo,
            Mentions = body.Mentions.Count == 0 ? null : [.. body.Mentions],
            Custom = CustomOf(body.Custom),
        };

    /// <summary>The wire's form of custom data; empty is absent, and so is what is no JSON: it must not keep anybody
    /// from the rest.</summary>
    public static JsonElement? CustomOf(string custom)
    {
        if (custom.Length == 0) return null;
        try
        {
            return JsonElement.Parse(custom);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static Protocol.Frames.ChatDeleted EndOf(in Fields c) => new()
    {
        Chat = c.Chat, Seq = c.Seq, N = c.N, Id = c.Id, ClientId = c.ClientId,
        Sender = c.Sender, SentAt = c.SentAt,
    };

    private static ChatEvent OfMembership(StoredEvent stored, in Fields c)
    {
        var record = stored.Record;
        return record.BodyCase switch
        {
            Kind.MembersAdded => new MemberAdded
            {
                Chat = c.Chat, Seq = c.Seq, N = c.N, Id = c.Id, ClientId = c.ClientId,
                Sender = c.Sender, SentAt = c.SentAt,
                Users = [.. stored.Added],
            },
            Kind.MemberRemoved => new Protocol.Frames.MemberRemoved
            {
                Chat = c.Chat, Seq = c.Seq, N = c.N, Id = c.Id, ClientId = c.ClientId,
                Sender = c.Sender, SentAt = c.SentAt,
                User = record.MemberRemoved.User,
            },
            _ => new MemberRoleChanged
            {
                Chat = c.Chat, Seq = c.Seq, N = c.N, Id = c.Id, ClientId = c.ClientId,
                Sender = c.Sender, SentAt = c.SentAt,
                User = record.MemberRole.User,
                Role = NameOf(record.MemberRole.Role),
            },
        };
    }

    private static string? OrNull(string text) => text.Length == 0 ? null : text;

    /// <summary>What every event has.</summary>
    private readonly struct Fields(StoredEvent stored)
    {
        public string Chat { get; } = new ChatId(stored.Record.Chat).ToString();

        public long Seq { get; } = (long)stored.Seq;

        public long N { get; } = (long)stored.N;

        public string Id { get; } = new MessageId(stored.Record.Id).ToString();

        public string ClientId { get; } = new Guid(stored.Record.ClientId.Span, bigEndian: true).ToString("D");

        public string Sender { get; } = stored.Record.Sender;

        public DateTimeOffset SentAt { get; } = DateTimeOffset.FromUnixTimeMilliseconds(stored.TimeMs);
    }
}
