namespace LiveChat.Tests.Loads;

/// <summary>What a server says in a chat of ann and bob.</summary>
internal static class LoadFrames
{
    public const string Chat = "7301";

    public static IEnumerable<string> All(IEnumerable<string> texts) => Numbered(2, texts);

    public static IEnumerable<string> Numbered(int seq, IEnumerable<string> texts) =>
        texts.Select((text, i) => Push(seq + i, text));

    public static string Created(int seq) =>
        $"{{\"type\":\"chat.created\",\"data\":{{{Common(seq, "ann", Chat)},\"kind\":\"direct\","
        + "\"members\":[\"ann\",\"bob\"]}}";

    public static string MemberAdded(int seq) =>
        $"{{\"type\":\"member.added\",\"data\":{{{Common(seq, "ann", Chat)},\"users\":[\"carol\"]}}}}";

    public static string Push(int seq, string text, string sender = "ann", string chat = Chat) =>
        Item(seq, text, sender, chat);

    public static string Item(int seq, string text, string sender = "ann", string chat = Chat) =>
        $"{{\"type\":\"message.created\",\"data\":{{{Common(seq, sender, chat)},\"body\":{{\"text\":\"{text}\"}}}}}}";

    public static string Head(int seq) =>
        $"{{\"type\":\"chat.head\",\"data\":{{\"chat\":\"{Chat}\",\"seq\":{seq},\"n\":4}}}}";

    public static string Page(params string[] items) =>
        $"{{\"type\":\"page\",\"re\":4294967295,\"data\":{{\"chat\":\"{Chat}\",\"items\":[{string.Join(',', items)}],"
        + "\"head_seq\":5,\"head_n\":4,\"stays\":[{\"from\":1}],\"epoch\":\"9f0c\"}}";

    private static string Common(int seq, string sender, string chat) =>
        $"\"chat\":\"{chat}\",\"seq\":{seq},\"n\":1,\"id\":\"7311000000000000002\","
        + $"\"client_id\":\"019ab2c0-0000-7000-8000-000000000001\",\"sender\":\"{sender}\","
        + "\"sent_at\":\"2026-11-24T03:00:00.123Z\"";

    public static string Ack(uint command, int seq) =>
        $"{{\"type\":\"ack\",\"re\":{command},\"data\":{{\"chat\":\"{Chat}\",\"id\":\"7311000000000000004\","
        + $"\"seq\":{seq},\"duplicate\":false}}}}";
}
