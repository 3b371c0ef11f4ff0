using LiveChat.Cli.Chat;
using Xunit;

namespace LiveChat.Tests.Cli.Chat;

/// <summary>What a typed line asks for.</summary>
public sealed class ChatInputTests
{
    public static TheoryData<string, object> Lines => new()
    {
        { "hello /quit", new SayInput("hello /quit") },
        { "//quit", new SayInput("/quit") },
        { "/chats", new ChatsInput() },
        { "/open 2", new OpenInput("2") },
        { "/open Lunch club", new OpenInput("Lunch club") },
        { "/open", new WrongInput("/open") },
        { "/new bob", new NewInput(["bob"]) },
        { "/new bob  carol ", new NewInput(["bob", "carol"]) },
        { "/edit fixed text", new EditInput(null, "fixed text") },
        { "/edit #12 fixed text", new EditInput(12, "fixed text") },
        { "/edit #hash tag", new EditInput(null, "#hash tag") },
        { "/edit #12", new WrongInput("/edit") },
        { "/delete", new DeleteInput(null) },
        { "/delete #3", new DeleteInput(3) },
        { "/delete everything", new WrongInput("/delete") },
        { "/react 👍", new ReactInput(null, "👍") },
        { "/react #3 👍", new ReactInput(3, "👍") },
        { "/members", new MembersInput() },
        { "/add bob  carol", new AddInput(["bob", "carol"]) },
        { "/add", new WrongInput("/add") },
        { "/title Lunch club", new TitleInput("Lunch club") },
        { "/title", new TitleInput("") },
        { "/leave", new LeaveInput() },
        { "/leave now", new WrongInput("/leave") },
        { "/hide", new HideInput(IsHidden: true) },
        { "/hide off", new HideInput(IsHidden: false) },
        { "/hide bob", new WrongInput("/hide") },
        { "/quit", new QuitInput() },
        { "/help", new HelpInput() },
        { "/dance", new WrongInput("/dance") },
    };

    [Theory]
    [MemberData(nameof(Lines), DisableDiscoveryEnumeration = true)]
    public void A_line_is_a_command_or_a_message(string line, object expected) =>
        Assert.Equal(expected, ChatInput.Parse(line));

    [Fact]
    public void Help_names_every_command()
    {
        string[] commands =
        [
            "/chats", "/open", "/new", "/edit", "/delete", "/react", "/members", "/add", "/title", "/leave", "/hide",
            "/quit",
        ];
        foreach (var command in commands)
        {
            Assert.Contains(ChatInput.Help, line => line.StartsWith(command, StringComparison.Ordinal));
        }
    }
}
