using LiveChat.Client;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Tests.Server;
using Xunit;

namespace LiveChat.EndToEnd.Moving;

/// <summary>What a folder holds besides chats that go on: a group that is pulled, a chat that was deleted, one whose
/// deletion is open, and a user whose erasure is open. The folder's server dies with both open.</summary>
/// <param name="Large">The group that is pulled; gus, who is erased, wrote there.</param>
/// <param name="Deleted">Deleted to the end.</param>
/// <param name="Deleting">Deleted, and its rows are there.</param>
internal sealed record MovedRest(string Large, string Deleted, string Deleting)
{
    private const int Members = 60;
    private const string Erased = "gus";

    public static async Task<MovedRest> MakeAsync(
        MovingServer moving, LiveChatClient ann, CancellationToken cancellationToken)
    {
        var members = Enumerable.Range(0, Members).Select(static number => $"member-{number}").Append(Erased).ToList();
        var large = (await ann.CreateGroupAsync(members, "large", cancellationToken: cancellationToken)).Chat;
        await ann.SendAsync(large, "kept", cancellationToken: cancellationToken);
        using (var gus = await moving.ConnectAsync(Erased))
            await gus.AckAsync(TestSocket.Message(large, "of one who is erased"));
        var chats = new List<string>();
        foreach (var name in (string[])["deleted", "deleting"])
        {
            chats.Add((await ann.CreateGroupAsync(["bob"], name, cancellationToken: cancellationToken)).Chat);
            await ann.SendAsync(chats[^1], "of a chat that is deleted", cancellationToken: cancellationToken);
        }

        await MovingServer.RunAsync(["chat", "delete", chats[0], "--yes", .. Access(moving)]);

        // Each waits for its end, 35 s from now: the server goes on without them, until it dies.
        foreach (var line in (string[][])[["chat", "delete", chats[1]], ["user", "erase", Erased]])
        {
            await using var begun = Commands.RunningCommand.Start([.. line, "--yes", .. Access(moving)]);
            await begun.HearAsync(line[^1]);
        }

        return new MovedRest(large, chats[0], chats[1]);
    }

    /// <summary>The cluster goes on with what was open.</summary>
    public async Task CheckAsync(MovingServer moving)
    {
        await MovingServer.RunAsync(["chat", "delete", Deleting, "--yes", .. Access(moving)]);
        var erased = await MovingServer.RunAsync(["user", "erase", Erased, "--yes", .. Access(moving)]);
        Assert.Contains("finished", erased, StringComparison.Ordinal);
        using var member = await moving.ConnectAsync("member-7");
        var asked = new HistoryGet { Chat = Large, AfterSeq = 0, View = "events" };
        var page = Assert.IsType<Page>(await member.AskAsync(asked));
        var said = page.Items.OfType<MessageCreated>().ToList();
        Assert.Equal(["ann", Erased], said.Select(static one => one.Sender));
        Assert.Equal(("kept", null), (said[0].Body!.Text, said[1].Body));
        Assert.Contains(page.Items, static one => one is MemberRemoved { User: Erased });
        var state = Assert.IsType<ChatDetails>(await member.AskAsync(new ChatGet { Chat = Large }));
        Assert.DoesNotContain(state.Members!, static one => one.User == Erased);

        using var ann = await moving.ConnectAsync("ann");
        foreach (var chat in (string[])[Deleted, Deleting])
        {
            var gone = Assert.IsType<ErrorFrame>(await ann.AskAsync(TestSocket.Message(chat, "late")));
            Assert.Equal(ErrorCode.NotFound, gone.Problem.Code);
        }
    }

    private static string[] Access(MovingServer moving) => ["--internal", moving.Inner, "--data", moving.Data];
}
