using LiveChat.Core.Identities;
using LiveChat.Core.Links;
using LiveChat.Core.Nodes;
using LiveChat.Core.Sessions;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace LiveChat.Tests.Sessions;

/// <summary>What is taken back ends the sockets at once and stays taken back.</summary>
public sealed class RevocationTests
{
    private static readonly UserId Ann = UserId.Parse("ann");
    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000));

    [Fact]
    public async Task A_revoked_user_loses_every_session_and_old_tokens_for_good()
    {
        await using var node = await TestNode.StartAsync(_time);
        var (phone, laptop) = (await ConnectAsync(node, "phone"), await ConnectAsync(node, "laptop"));
        var bob = await node.ConnectAsync("bob");

        await node.Node.Revocations.RevokeUserAsync(Ann, default);

        foreach (var device in (TestDevice[])[phone, laptop])
        {
            var goodbye = await device.GoodbyeAsync();
            Assert.Equal(((int)CloseCode.SessionRevoked, false), (goodbye.Code, goodbye.Reconnect));
        }

        Assert.Null(bob.Connection.Outbox.Closed);
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(CloseCode.SessionRevoked, await RefusedAsync(node, "ann@1800000000", "phone"));
        Assert.Equal(CloseCode.SessionRevoked, await RefusedAsync(node, "ann@0", "new"));
        await ConnectAsync(node, "phone", "ann@1800000001");
    }

    [Fact]
    public async Task A_revoked_device_is_the_only_one_that_goes()
    {
        await using var node = await TestNode.StartAsync(_time);
        var (phone, laptop) = (await ConnectAsync(node, "phone"), await ConnectAsync(node, "laptop"));

        await node.Node.Revocations.RevokeDeviceAsync(Ann, "phone", default);

        Assert.Equal((int)CloseCode.SessionRevoked, (await phone.GoodbyeAsync()).Code);
        Assert.Null(laptop.Connection.Outbox.Closed);
        Assert.Equal(CloseCode.SessionRevoked, await RefusedAsync(node, "ann@1800000000", "phone"));
        await ConnectAsync(node, "laptop");
    }

    [Fact]
    public async Task What_one_node_revokes_ends_the_sessions_of_another_within_seconds_and_needs_no_link()
    {
        var (table, identities) = (new InMemoryRevocationTable(), IdentityPorts.InMemory());
        await using var here = await StartAsync("here");
        await using var there = await StartAsync("there");
        var (phone, laptop) = (await ConnectAsync(there, "phone"), await ConnectAsync(there, "laptop"));
        var bob = await there.ConnectAsync("bob");

        await here.Node.Revocations.RevokeDeviceAsync(Ann, "phone", default);
        var goodbye = await there.WhileTimeMovesAsync(phone.GoodbyeAsync());
        Assert.Equal((int)CloseCode.SessionRevoked, goodbye.Code);
        Assert.Null(laptop.Connection.Outbox.Closed);

        await here.Node.Revocations.ChangeUserAsync(Ann, new UserChange { IsDisabled = true }, default);
        goodbye = await there.WhileTimeMovesAsync(laptop.GoodbyeAsync());
        Assert.Equal((int)CloseCode.Forbidden, goodbye.Code);
        Assert.Null(bob.Connection.Outbox.Closed);

        Task<TestNode> StartAsync(string name) => TestNode.StartAsync(_time, change: ports => ports with
        {
            Identities = identities,
            Peers = new NodePeers(
                new InMemoryLinks().At(name),
                new InMemoryNodeRegistry(_time),
                new NodeEntry(name, name, NodeRoles.All, 1, 3, "", 1),
                "c")
            {
                Revocations = table,
            },
        });
    }

    [Fact]
    public async Task A_device_without_a_name_that_was_revoked_is_told_nothing_first()
    {
        await using var node = await TestNode.StartAsync(_time);
        await node.Node.Revocations.RevokeDeviceAsync(Ann, SignIn.UnnamedDevice, default);

        Assert.Equal(CloseCode.SessionRevoked, await RefusedAsync(node, "ann@1800000000", null));
    }

    [Fact]
    public async Task A_revoked_session_takes_its_token_with_it_but_not_a_newer_one()
    {
        await using var node = await TestNode.StartAsync(_time);
        var old = await ConnectAsync(node, "phone");
        _time.Advance(TimeSpan.FromSeconds(2));
        var newer = await ConnectAsync(node, "phone", "ann@1800000002");

        var foreign = await node.Node.Revocations.RevokeSessionAsync(UserId.Parse("bob"), old.Ready.Session, default);
        Assert.Equal(ErrorCode.NotFound, foreign?.Code);
        Assert.Null(old.Connection.Outbox.Closed);
        Assert.Null(await node.Node.Revocations.RevokeSessionAsync(Ann, old.Ready.Session, default));

        Assert.Equal((int)CloseCode.SessionRevoked, (await old.GoodbyeAsync()).Code);
        Assert.Null(newer.Connection.Outbox.Closed);
        Assert.Equal(CloseCode.SessionRevoked, await RefusedAsync(node, "ann@1800000000", "phone"));
    }

    [Fact]
    public async Task A_disabled_user_is_shut_out_until_enabled_again()
    {
        await using var node = await TestNode.StartAsync(_time);
        var ann = await node.ConnectAsync("ann");

        await node.Node.Revocations.ChangeUserAsync(Ann, new UserChange { IsDisabled = true }, default);

        Assert.Equal((int)CloseCode.Forbidden, (await ann.GoodbyeAsync()).Code);
        Assert.Equal(CloseCode.Forbidden, await RefusedAsync(node, "ann", "phone"));
        await node.Node.Revocations.ChangeUserAsync(Ann, new UserChange { IsDisabled = false }, default);
        await node.ConnectAsync("ann");
    }

    [Fact]
    public async Task A_token_that_is_bound_to_a_device_lets_in_no_other()
    {
        await using var node = await TestNode.StartAsync(_time);
        Assert.Equal(CloseCode.InvalidToken, await RefusedAsync(node, "ann@1800000000@phone", "laptop"));
        await ConnectAsync(node, "phone", "ann@1800000000@phone");

        // One that does not say its name is the device of the token.
        await node.Node.Revocations.RevokeDeviceAsync(Ann, "phone", default);
        Assert.Equal(CloseCode.SessionRevoked, await RefusedAsync(node, "ann@1800000000@phone", null));
    }

    [Fact]
    public async Task Nobody_new_comes_in_while_the_keys_are_away_and_who_is_in_stays()
    {
        await using var node = await TestNode.StartAsync(_time);
        var ann = await node.ConnectAsync("ann");
        Assert.Equal(CloseCode.NodeOverloaded, await RefusedAsync(node, "unavailable", "phone"));
        var problem = await ann.ProblemAsync(new Auth { Token = "unavailable" });
        Assert.Equal((ErrorCode.Unavailable, true), (problem.Code, problem.Retryable));
        Assert.Null(ann.Connection.Outbox.Closed);
    }

    private static async Task<TestDevice> ConnectAsync(
        TestNode node, string device, string token = "ann@1800000000")
    {
        var opened = node.Open();
        await opened.SendAsync(new Connect { Id = 1, Token = token, Device = device });
        await opened.BeReadyAsync();
        return opened;
    }

    private static async Task<CloseCode?> RefusedAsync(TestNode node, string token, string? device)
    {
        var opened = node.Open();
        await opened.SendAsync(new Connect { Id = 1, Token = token, Device = device });
        var error = await opened.NextAsync<ErrorFrame>();
        Assert.Equal(1u, error.Re);
        return opened.Connection.Outbox.Closed;
    }
}
