using System.Text.Json;
using LiveChat.Core.Identities;
using LiveChat.Core.Ingest;
using LiveChat.Core.Outboxes;
using LiveChat.Core.Sessions;
using LiveChat.Protocol;

namespace LiveChat.Server.Backend;

/// <summary>The users of the embedding application: what it calls them, and whether they may come in.</summary>
internal static class UserRoutes
{
    public const string User = "/v1/users/{user}";

    private static readonly BackendJsonContext Shapes = BackendJsonContext.Default;

    public static IReadOnlyList<BackendRoute> All { get; } =
    [
        new("getUser", "GET", User, "A user", null, Shapes.UserInfo, GetAsync),
        new(
            "putUser", "PUT", User, "Make a user, or replace name and custom data", Shapes.UserDraft, Shapes.UserInfo,
            PutAsync)
        {
            Refusals = [ErrorCode.Conflict],
        },
        new(
            "updateUser", "PATCH", User, "Change a user, disable or enable", Shapes.UserDraft, Shapes.UserInfo,
            PatchAsync)
        {
            Refusals = [ErrorCode.Conflict],
        },
        new(
            "lookUpUsers", "POST", "/v1/users/lookup", "Up to 256 users", Shapes.UserQuery, Shapes.UserList,
            LookUpAsync)
        {
            OnlyReads = true,
        },
    ];

    private static async ValueTask<object> GetAsync(BackendServices services, BackendCall call) =>
        await services.Users.ReadUsersAsync([call.User], call.Aborted) is [var row]
            ? InfoOf(row)
            : Problems.Of(ErrorCode.NotFound);

    private static ValueTask<object> PutAsync(BackendServices services, BackendCall call)
    {
        var draft = call.BodyAs<UserDraft>();
        return ChangeAsync(services, call, draft with
        {
            Name = draft.Name ?? "",
            Custom = draft.Custom ?? Nothing(),
            CustomPatch = null,
        });
    }

    /// <summary>Who is not known is not made by a change of what is not there.</summary>
    private static async ValueTask<object> PatchAsync(BackendServices services, BackendCall call) =>
        await services.Users.ReadUsersAsync([call.User], call.Aborted) is [_]
            ? await ChangeAsync(services, call, call.BodyAs<UserDraft>())
            : Problems.Of(ErrorCode.NotFound);

    private static async ValueTask<object> ChangeAsync(BackendServices services, BackendCall call, UserDraft draft)
    {
        if (services.Node.Eraser is { } eraser && await eraser.ReadAsync(call.User, call.Aborted) is not null)
            return Problems.Of(ErrorCode.Conflict, "The user was erased, and the id is not given again.");
        var (custom, patch) = (BodyRules.CustomOf(draft.Custom), BodyRules.CustomOf(draft.CustomPatch));
        var change = new UserChange
        {
            Name = draft.Name,
            Custom = custom is "{}" ? "" : custom,
            CustomPatch = patch,
            IsDisabled = draft.Disabled,
        };
        return await services.Node.Revocations.ChangeUserAsync(call.User, change, call.Aborted) is { } row
            ? InfoOf(row)
            : Problems.Of(ErrorCode.PayloadTooLarge, "custom is too long.");
    }

    private static async ValueTask<object> LookUpAsync(BackendServices services, BackendCall call)
    {
        var (asked, problem) = AskedUsers.Read(call.BodyAs<UserQuery>().Users, Limits.UsersMax);
        if (asked is null) return problem!;
        var rows = await services.Users.ReadUsersAsync(asked, call.Aborted);
        return new UserList { Items = [.. rows.Select(InfoOf)] };
    }

    private static UserInfo InfoOf(UserRow row) => new()
    {
        User = row.User.Value,
        Name = row.Name,
        Custom = row.Custom is null ? null : JsonElement.Parse(row.Custom),
        Disabled = row.IsDisabled,
        CreatedAt = DateTimeOffset.FromUnixTimeMilliseconds(row.CreatedMs),
    };

    private static JsonElement Nothing() => JsonElement.Parse("{}");
}
