using LiveChat.Core.Erasures;
using LiveChat.Core.History;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Tests.Sessions;
using Xunit;

namespace LiveChat.Tests.Erasures;

/// <summary>A user is erased: nothing of what the user said or was is left, and everything of the others.</summary>
public sealed class EraserTests : IAsyncDisposable
{
    private readonly ErasureStage _stage = new();

    [Fact]
    public async Task Nothing_of_an_erased_user_is_left_and_all_of_the_others_is()
    {
        await using var node = await _stage.StartAsync();
        await _stage.TalkAsync(node);
        Assert.Contains(await _stage.ReadAsync(node, "bob"), static item => HasText(item, ErasureStage.Secret));

        await BeginAsync(node);
        var erasure = await _stage.WaitAsync(node);
        await _stage.CheckErasedAsync();
        Assert.NotNull(erasure);
        Assert.Equal((3, 22, 2), (erasure.Chats, erasure.Messages, erasure.Reactions));
        Assert.True(erasure.FinishedMs - erasure.StartedMs >= ErasureServices.SettlesAfter.TotalMilliseconds);

        var read = await _stage.ReadAsync(node, "bob");
        Assert.DoesNotContain(read, static item => HasText(item, ErasureStage.Secret));
        Assert.Contains(read, static item => HasText(item, ErasureStage.Kept));
    }

    [Fact]
    public async Task The_users_sessions_end_and_every_device_of_the_others_is_told()
    {
        await using var node = await _stage.StartAsync();
        await _stage.TalkAsync(node);
        var (ann, phone, laptop) = (
            await node.ConnectAsync("ann"), await node.ConnectAsync("bob"), await node.ConnectAsync("bob"));

        await BeginAsync(node);
        await _stage.WaitAsync(node);

        var goodbye = await ann.GoodbyeAsync();
        Assert.Equal(((int)CloseCode.Forbidden, false), (goodbye.Code, goodbye.Reconnect));
        foreach (var device in (TestDevice[])[phone, laptop])
        {
            while (device.Read() > 0)
            {
                // All that it is told.
            }

            Assert.Equal(22, device.Heard.OfType<MessageDeleted>().Count());
            Assert.Equal(2, device.Heard.OfType<ReactionChanged>().Count(static change => !change.On));
            Assert.Equal(["ann", "ann"], device.Heard.OfType<MemberRemoved>().Select(static gone => gone.User));
            Assert.Equal(["bob"], device.Heard.OfType<MemberRoleChanged>().Select(static heir => heir.User));
        }

        var again = node.Open();
        await again.SendAsync(new Connect { Id = 1, Token = "ann@1900000000", Device = "d1" });
        Assert.Equal((int)CloseCode.Forbidden, (await again.GoodbyeAsync()).Code);
    }

    [Fact]
    public async Task A_second_beginning_is_the_first_one_also_when_it_is_over()
    {
        await using var node = await _stage.StartAsync();
        await _stage.TalkAsync(node);
        var first = await BeginAsync(node);
        await node.SecondAsync();
        Assert.Equal(first.StartedMs, (await BeginAsync(node)).StartedMs);
        var finished = await _stage.WaitAsync(node);
        Assert.Equal(finished, await BeginAsync(node));
        await _stage.CheckErasedAsync();
    }

    [Fact]
    public async Task Who_was_never_heard_of_is_erased_and_refused_from_then_on()
    {
        await using var node = await _stage.StartAsync();
        await BeginAsync(node);
        Assert.Equal(0, (await _stage.WaitAsync(node))!.Chats);
        var early = node.Open();
        await early.SendAsync(new Connect { Id = 1, Token = "ann@1900000000", Device = "d1" });
        Assert.Equal((int)CloseCode.Forbidden, (await early.GoodbyeAsync()).Code);
    }

    /// <summary>Of each step, before it and behind it.</summary>
    [Fact]
    public async Task A_node_may_die_at_every_step_and_the_next_one_goes_on()
    {
        var diesAt = 0;
        ErasureSteps steps;
        do
        {
            await using var stage = new ErasureStage(messagesOfAnn: 3);
            steps = new ErasureSteps(++diesAt);
            await using (var node = await stage.StartAsync(steps))
            {
                await stage.TalkAsync(node);
                var begun = node.RunAsync(() => node.Node.Eraser!.BeginAsync(ErasureStage.Ann, default).AsTask());
                if (!steps.IsDead) await begun;
                else await Assert.ThrowsAsync<InvalidOperationException>(() => begun);
                await stage.WaitAsync(node, steps);
            }

            await using var next = await stage.StartAsync();

            // The caller of a beginning that had no answer asks again.
            await BeginAsync(next);
            Assert.NotNull(await stage.WaitAsync(next));
            await stage.CheckErasedAsync();
        }
        while (steps.IsDead);

        Assert.True(diesAt > 30, $"There were {diesAt} steps only.");
    }

    [Fact]
    public async Task A_history_that_is_away_holds_an_erasure_up_and_ends_nothing()
    {
        await using var node = await _stage.StartAsync();
        await _stage.TalkAsync(node);
        node.History.IsAway = true;
        await BeginAsync(node);
        for (var second = 0; second < 60; second++) await node.SecondAsync();
        Assert.False(node.Node.Completion.IsCompleted);
        Assert.Equal(0, Assert.Single(await _stage.Store.ReadAsync([ErasureStage.Ann], default)).FinishedMs);

        node.History.IsAway = false;
        Assert.NotNull(await _stage.WaitAsync(node));
        await _stage.CheckErasedAsync();
    }

    public ValueTask DisposeAsync() => _stage.DisposeAsync();

    private static async Task<Erasure> BeginAsync(TestNode node)
    {
        Erasure? begun = null;
        await node.RunAsync(async () => begun = await node.Node.Eraser!.BeginAsync(ErasureStage.Ann, default));
        return begun!;
    }

    private static bool HasText(ChatEvent item, string text) =>
        item switch
        {
            MessageCreated created => created.Body,
            MessageEdited edited => edited.Body,
            _ => null,
        }
        is { Text: { } said } && said.Contains(text, StringComparison.Ordinal);
}
