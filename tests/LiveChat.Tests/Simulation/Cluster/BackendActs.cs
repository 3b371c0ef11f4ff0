using LiveChat.Core.Identities;
using LiveChat.Protocol;
using LiveChat.Protocol.Frames;
using LiveChat.Protocol.Ids;
using LiveChat.Server.Backend;
using LiveChat.Server.Tokens;

namespace LiveChat.Tests.Simulation.Cluster;

/// <summary>
/// What a backend does with its server key, a row for each route by its name. It asks the actor's node about the other
/// user, whose only device is on another node, or on the same. The rows go on from one to the next.
/// </summary>
internal static class BackendActs
{
    private const string Name = "Another name";

    public static IReadOnlyDictionary<string, Func<Stage, Task>> All { get; } =
        new Dictionary<string, Func<Stage, Task>>
        {
            ["putUser"] = PutUserAsync,
            ["getUser"] = static stage => HasNameAsync(stage, stage.There, Name),
            ["updateUser"] = UpdateUserAsync,
            ["lookUpUsers"] = LookUpUsersAsync,
            ["listDevices"] = ListDevicesAsync,
            ["listSessions"] = ListSessionsAsync,
            ["createToken"] = CreateTokenAsync,
            ["revokeSession"] = RevokeSessionAsync,
            ["revokeDevice"] = RevokeDeviceAsync,
            ["revokeUser"] = RevokeUserAsync,
        };

    /// <summary>Each of them, one after the other, once: at the end no device has a token that is good.</summary>
    public static async Task AskAllAsync(Stage stage, string chat)
    {
        if (chat != stage.Chats[0]) return;
        foreach (var (_, ask) in All) await ask(stage);
    }

    private static async Task PutUserAsync(Stage stage)
    {
        await AskAsync<UserInfo>(stage, stage.Here, "putUser", "u1", body: new UserDraft { Name = Name });
        await HasNameAsync(stage, stage.There, Name);
    }

    private static async Task HasNameAsync(Stage stage, int node, string name)
    {
        var user = await AskAsync<UserInfo>(stage, node, "getUser", "u1");
        stage.World.Require(user.Name == name, $"The node {node} calls u1 {user.Name}.");
    }

    /// <summary>Who is disabled loses the session within seconds, and comes back once enabled.</summary>
    private static async Task UpdateUserAsync(Stage stage)
    {
        (stage.Other.MayBeDismissed, stage.Other.IsGone) = (true, true);
        await AskAsync<UserInfo>(stage, stage.Here, "updateUser", "u1", body: new UserDraft { Disabled = true });
        await stage.UntilAsync(() => !stage.Other.IsReady, "the session of who is disabled has ended", seconds: 5);
        await AskAsync<UserInfo>(stage, stage.Here, "updateUser", "u1", body: new UserDraft { Disabled = false });
        stage.Other.IsGone = false;
        await stage.Other.ReadyAsync();
    }

    private static async Task LookUpUsersAsync(Stage stage)
    {
        var query = new UserQuery { Users = ["u1"] };
        var users = await AskAsync<UserList>(stage, stage.Here, "lookUpUsers", "", body: query);
        stage.World.Require(users.Items is [{ Name: Name }], $"Looked up is {string.Join(' ', users.Items)}.");
    }

    private static async Task ListDevicesAsync(Stage stage)
    {
        var devices = await AskAsync<DeviceList>(stage, stage.Here, "listDevices", "u1");
        stage.World.Require(
            devices.Items is [{ Device: "other" }], $"The devices of u1 are {string.Join(' ', devices.Items)}.");
    }

    /// <summary>Of two sessions on two nodes each node names both.</summary>
    private static async Task ListSessionsAsync(Stage stage)
    {
        foreach (var node in (int[])[stage.Here, stage.There])
        {
            var devices = (await SessionsAsync(stage, node, "u0")).Select(static one => one.Device).Order();
            stage.World.Require(
                devices.SequenceEqual(["here", "there"]), $"The node {node} names {string.Join(' ', devices)}.");
        }
    }

    private static async Task CreateTokenAsync(Stage stage)
    {
        var grant = await AskAsync<TokenGrant>(
            stage, stage.Here, "createToken", "u1", body: new TokenDraft { User = "u1", Device = "other" });
        stage.World.Require(grant.Token.Length > 0, $"There is no token.");
    }

    /// <summary>Who has no such session on any node is told so.</summary>
    private static async Task RevokeSessionAsync(Stage stage)
    {
        var session = (await SessionsAsync(stage, stage.Here, "u1"))[0].Session;
        var foreign = await AskAsync<Problem>(stage, stage.Here, "revokeSession", "u0", session);
        stage.World.Require(foreign.Code == ErrorCode.NotFound, $"Another user's session is {foreign.Code}.");
        await EndsAsync(stage, stage.Other, stage.Here, "revokeSession", "u1", session);
    }

    private static Task RevokeDeviceAsync(Stage stage) =>
        EndsAsync(stage, stage.Second, stage.Here, "revokeDevice", "u0", "there");

    private static async Task RevokeUserAsync(Stage stage)
    {
        stage.World.Require(stage.Actor.IsReady, $"The actor's own device has lost its session.");
        await EndsAsync(stage, stage.Actor, stage.There, "revokeUser", "u0");
    }

    private static async Task EndsAsync(
        Stage stage, SimulatedDevice device, int node, string route, string user, string thing = "")
    {
        (device.MayBeDismissed, device.IsGone) = (true, true);
        await AskAsync<object>(stage, node, route, user, thing);
        await stage.UntilAsync(() => !device.IsReady, $"{route} ends the session of {device.Name}", seconds: 5);
    }

    private static async Task<IReadOnlyList<SessionInfo>> SessionsAsync(Stage stage, int node, string user) =>
        (await AskAsync<SessionList>(stage, node, "listSessions", user)).Items;

    private static async Task<T> AskAsync<T>(
        Stage stage, int node, string route, string user, string thing = "", object? body = null)
    {
        var handler = BackendRoutes.All.Single(one => one.Name == route);
        var call = new BackendCall(user.Length > 0 ? UserId.Parse(user) : default, thing, body, CancellationToken.None);
        var keys = new ServerKeys(IdentityPorts.InMemory().Keys, stage.World.Time);
        var tokens = new JwtTokens(new byte[32], new TokenOptions(), stage.World.Time);
        var answer = await stage.AtAsync(node, there => handler.Handle(
            new BackendServices(there, stage.Users, keys, tokens, stage.World.Time), call));
        return answer is T and not Problem || typeof(T) == typeof(Problem)
            ? (T)answer
            : throw new SimulationException($"The node {node} answers {answer} to {route} of {user}.");
    }
}
