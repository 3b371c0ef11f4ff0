using System.Text;
using System.Text.Json;
using LiveChat.Core.Chats;
using LiveChat.Core.Contents;
using LiveChat.Core.Log;
using LiveChat.Protocol.Ids;
using Xunit;

namespace LiveChat.Tests.Contents;

/// <summary>The lines of version 1, which files have that somebody keeps.</summary>
public sealed class ContentLineTests
{
    private static readonly UserId Ann = UserId.Parse("ann");
    private static readonly ChatId Chat = new(ulong.MaxValue);

    public static TheoryData<string> Lines =>
    [
        """{"type":"livechat","version":1}""",
        """{"type":"livechat","version":1,"user":"ann"}""",
        """{"type":"server_key","key":{"id":"k","name":"backend","secret_hash":"00","created_ms":1}}""",
        """{"type":"erasure","erasure":{"user":"ann","started_ms":1,"finished_ms":2,"touched_ms":2}}""",
        """{"type":"user","user":{"user":"ann","name":"Ann","is_disabled":true,"created_ms":1},"last_seen_ms":2}""",
        """{"type":"device","user":"ann","device":{"device":"d1","last_seen_ms":1}}""",
        """{"type":"deletion","deletion":{"chat":"7","deleted_ms":1,"finished_ms":2}}""",
        """{"type":"stay","user":"ann","from_seq":1,"to_seq":2}""",
        """{"type":"reaction","target":2,"event_seq":3,"emoji":"\uD83D\uDC4D","user":"ann","on":true}""",
        """{"type":"edit","target":2,"edit_seq":3,"content":{ "text": "new" }}""",
        """{"type":"chat_end","lines":3,"sum":"00"}""",
        """{"type":"end","lines":3,"sum":"00"}""",
    ];

    [Theory]
    [MemberData(nameof(Lines))]
    public void A_line_of_version_1_is_read_and_written_as_it_is(string line)
    {
        var read = JsonSerializer.Deserialize(line, ContentJson.Default.ContentLine)!;
        var again = JsonSerializer.Serialize(read, ContentJson.Default.ContentLine);
        Assert.Equal(read, JsonSerializer.Deserialize(again, ContentJson.Default.ContentLine));
        Assert.Equal(Properties(line), Properties(again));
    }

    [Fact]
    public void The_bytes_of_a_chat_do_not_change()
    {
        var head = new ChatState
        {
            Chat = Chat, Seq = 2, Position = Position.Create(1, 7), TimeMs = 3, Stamp = 4_000, N = 1, Direct = true,
            Pull = false, Title = "", Custom = "", SettingsSeq = 1, Awaits = Ann,
            Roster = Roster.Create([new Member(Ann, Role.Owner, 1)]),
        };
        using var file = new MemoryStream();
        var writer = new ContentFileWriter(file);
        writer.Write(new HeaderLine(HeaderLine.VersionNow, User: null));
        writer.Write(new ChatLine(HeadShape.Of(head)));
        writer.Write(new EventLine(
            new StoredEvent { Seq = 2, Record = new Core.Log.Record { Sender = "ann" } },
            new Body { Text = "hi" },
            DeletedSeq: null));
        writer.Write(new MemberLine(Ann)
        {
            Membership = new Membership(1, null, Pull: false),
            Mark = new MarkedSeq(2, new ReachedSeq(2, 1, 5), 5),
            Settings = new MemberSettings(0, IsPinned: true, HiddenN: 0, 6),
        });
        writer.Write(new ChatEndLine(0, ""));
        writer.End();
        string[] expected =
        [
            "{'type':'livechat','version':1}",
            "{'type':'chat','head':{'chat':'18446744073709551615','seq':2,'position':'2251799813685255','time_ms':3,"
                + "'stamp':4000,'n':1,'direct':true,'settings_seq':1,'awaits':'ann',"
                + "'members':[{'user':'ann','role':3,'from_seq':1}]}}",
            "{'type':'event','event':{ 'seq': '2', 'record': { 'sender': 'ann' } },'content':{ 'text': 'hi' }}",
            "{'type':'member','user':'ann','membership':{'from_seq':1},'mark':{'delivered_seq':2,"
                + "'read':{'seq':2,'n':1,'time_ms':5},'time_ms':5},"
                + "'settings':{'is_pinned':true,'hidden_n':0,'time_ms':6}}",
        ];
        Assert.Equal(
            expected.Select(static line => line.Replace('\'', '"')),
            Encoding.UTF8.GetString(file.ToArray()).Split('\n')[..4]);
    }

    private static IEnumerable<string> Properties(string line)
    {
        using var json = JsonDocument.Parse(line);
        return [.. json.RootElement.EnumerateObject()
            .Select(static one => $"{one.Name} {(one.Value.ValueKind is JsonValueKind.Object
                ? string.Join(',', one.Value.EnumerateObject().Select(static part => part.Name).Order())
                : one.Value.ToString())}")
            .Order()];
    }
}
