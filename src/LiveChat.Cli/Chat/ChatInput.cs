using System.Globalization;

namespace LiveChat.Cli.Chat;

/// <summary>What a line that was typed asks for.</summary>
internal abstract record ChatInput
{
    /// <summary>The commands, for <c>/help</c>.</summary>
    public static readonly IReadOnlyList<string> Help =
    [
        "text                  sends it; a text that begins with / is sent as //…",
        "/chats                lists your chats",
        "/open N|NAME          opens a chat of the list",
        "/new NAME [NAME…]     begins a chat with one, or a group with several",
        "/edit [#SEQ] TEXT     replaces a message of yours, the last one unless you say which",
        "/delete [#SEQ]        deletes a message of yours, the last one unless you say which",
        "/react [#SEQ] EMOJI   sets or takes back a reaction, to the last message unless you say which",
        "/members              who is here and how far they have read",
        "/add NAME [NAME…]     adds members to the group",
        "/title [TEXT]         names the group, or takes its name away",
        "/leave                leaves the group",
        "/hide                 takes the chat off your lists until its next message; /hide off shows it again",
        "/quit                 leaves the program",
    ];

    /// <summary>Reads a line.</summary>
    public static ChatInput Parse(string line)
    {
        if (!line.StartsWith('/')) return new SayInput(line);
        if (line.StartsWith("//", StringComparison.Ordinal)) return new SayInput(line[1..]);

        var space = line.IndexOf(' ', StringComparison.Ordinal);
        var command = space < 0 ? line : line[..space];
        var rest = space < 0 ? "" : line[(space + 1)..].Trim();
        return command switch
        {
            "/chats" => new ChatsInput(),
            "/open" when rest.Length > 0 => new OpenInput(rest),
            "/new" when rest.Length > 0 => new NewInput(rest.Split(' ', StringSplitOptions.RemoveEmptyEntries)),
            "/edit" when TakeSeq(ref rest) is var seq && rest.Length > 0 => new EditInput(seq, rest),
            "/delete" when TakeSeq(ref rest) is var seq && rest.Length == 0 => new DeleteInput(seq),
            "/react" when TakeSeq(ref rest) is var seq && rest.Length > 0 => new ReactInput(seq, rest),
            "/members" => new MembersInput(),
            "/add" when rest.Length > 0 => new AddInput(rest.Split(' ', StringSplitOptions.RemoveEmptyEntries)),
            "/title" => new TitleInput(rest),
            "/leave" when rest.Length == 0 => new LeaveInput(),
            "/hide" when rest is "" or "off" => new HideInput(rest.Length == 0),
            "/quit" or "/exit" => new QuitInput(),
            "/help" => new HelpInput(),
            _ => new WrongInput(command),
        };
    }

    private static long? TakeSeq(ref string rest)
    {
        if (!rest.StartsWith('#')) return null;
        var end = rest.IndexOf(' ', StringComparison.Ordinal);
        var number = end < 0 ? rest[1..] : rest[1..end];
        if (!long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var seq)) return null;
        rest = end < 0 ? "" : rest[(end + 1)..].Trim();
        return seq;
    }
}

/// <summary>A message.</summary>
internal sealed record SayInput(string Text) : ChatInput;

/// <summary>Lists the chats.</summary>
internal sealed record ChatsInput : ChatInput;

/// <summary>Opens a chat by its place in the list, its name or its id.</summary>
internal sealed record OpenInput(string Which) : ChatInput;

/// <summary>Begins a chat.</summary>
internal sealed record NewInput(IReadOnlyList<string> Users) : ChatInput
{
    public bool Equals(NewInput? other) => other is not null && Users.SequenceEqual(other.Users);

    public override int GetHashCode() => Users.Count;
}

/// <summary>Replaces a message.</summary>
internal sealed record EditInput(long? Seq, string Text) : ChatInput;

/// <summary>Deletes a message.</summary>
internal sealed record DeleteInput(long? Seq) : ChatInput;

/// <summary>Sets or takes back a reaction.</summary>
internal sealed record ReactInput(long? Seq, string Emoji) : ChatInput;

/// <summary>Lists the members.</summary>
internal sealed record MembersInput : ChatInput;

/// <summary>Adds members to the open group.</summary>
internal sealed record AddInput(IReadOnlyList<string> Users) : ChatInput
{
    public bool Equals(AddInput? other) => other is not null && Users.SequenceEqual(other.Users);

    public override int GetHashCode() => Users.Count;
}

/// <summary>Names the open group; an empty title takes its name away.</summary>
internal sealed record TitleInput(string Title) : ChatInput;

/// <summary>Leaves the open group.</summary>
internal sealed record LeaveInput : ChatInput;

/// <summary>Takes the open chat off the user's lists, or shows it there again.</summary>
internal sealed record HideInput(bool IsHidden) : ChatInput;

/// <summary>Leaves the program.</summary>
internal sealed record QuitInput : ChatInput;

/// <summary>Lists the commands.</summary>
internal sealed record HelpInput : ChatInput;

/// <summary>No command, or one that lacks something.</summary>
internal sealed record WrongInput(string Command) : ChatInput;
